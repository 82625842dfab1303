// The channels: bots of the workspace as they are, connecting one, and making a chat with one mine.
import { useSignal } from "@preact/signals"
import type { Channel, ChannelKind, Destination } from "../../../protocol/channel.ts"
import { CHANNEL_KINDS } from "../../../protocol/channel.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { useRun } from "../../run.ts"
import { changes, machines, may } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm } from "../../ui/confirm.tsx"
import { CopyField } from "../../ui/copy-field.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { More } from "../../ui/more.tsx"
import { When } from "../../ui/when.tsx"
import { ConnectChannel, PairChat, SignInChannel } from "./channel-dialogs.tsx"
import { Head, open, Part } from "./page.tsx"

export function ChannelsSettings() {
	const channels = useAsked(() => api("listChannels"))
	const places = useAsked(() => api("listDestinations"))
	const mine = places.answer.is === "loaded" ? places.answer.value.destinations : []
	return (
		<>
			<Head title={words.channels.title} about={words.channels.explain} />
			<Here asked={channels}>
				{({ channels: all }) =>
					all.length === 0 ? (
						<Face
							icon="message-circle"
							title={words.channels.emptyTitle}
							text={may("channel:manage") ? words.channels.empty : words.channels.notYours}
						/>
					) : (
						<ul class="rows">
							{all.map((channel) => (
								<ChannelRow
									key={channel.id}
									channel={channel}
									mine={mine.filter((place) => place.channel === channel.id)}
								/>
							))}
						</ul>
					)
				}
			</Here>
			<Part title={words.channels.connect}>
				<ul class="rows kinds">
					{CHANNEL_KINDS.map((kind) => (
						<KindRow key={kind} kind={kind} />
					))}
				</ul>
			</Part>
		</>
	)
}

function KindRow({ kind }: { kind: ChannelKind }) {
	const { name, about } = words.channels.kinds[kind]
	return (
		<li class="row">
			<Icon name="message-circle" />
			<div class="grow row-words">
				<strong>{name}</strong>
				<span class="dim">{about}</span>
			</div>
			<Act
				may="channel:manage"
				aria-label={words.channels.connectTitle(name)}
				onClick={() => open(() => <ConnectChannel kind={kind} />)}
			>
				{words.channels.connect}
			</Act>
		</li>
	)
}

function ChannelRow({ channel, mine }: { channel: Channel; mine: readonly Destination[] }) {
	const { id, kind, name, machine, url, createdAt } = channel
	const polledBy = machines.value.is === "loaded" ? machines.value.value.find((one) => one.id === machine) : undefined
	const said = useSignal<string | null>(null)
	const { isPending, problem, run } = useRun(async () => {
		said.value = null
		const tested = await api("testChannel", { params: { channel: id } })
		changes.value++
		if (tested.channel.state.is === "working") said.value = words.channels.tested(tested.channel.name)
	})
	return (
		<li class="thing">
			<div class="thing-what">
				<strong>{name}</strong>
				<span class="dim">{words.channels.kinds[kind].name}</span>
				<StateOf channel={channel} />
			</div>
			{channel.state.is === "broken" && <p class="problem breaks">{channel.state.reason}</p>}
			<p class="dim">
				{mine.length === 0 ? words.channels.noneMine : words.channels.mine(mine.map((place) => place.name))}
			</p>
			<p class="dim facts-line">
				{polledBy && <span>{words.channels.polledBy(polledBy.name)}</span>}
				<When at={createdAt} say={words.channels.added} />
			</p>
			{url !== null && (
				<More title={words.channels.urlAbout}>
					<CopyField text={url} />
				</More>
			)}
			<p role="status" class="verdict">
				{problem !== "" && <span class="problem">{problem}</span>}
				{said.value !== null && problem === "" && (
					<span class="state running">
						<Icon name="circle-check" />
						{said.value}
					</span>
				)}
			</p>
			<div class="thing-do">
				{channel.state.is === "signed-out" ? (
					<Act may="channel:manage" class="primary" onClick={() => open(() => <SignInChannel channel={channel} />)}>
						<Icon name="qr-code" />
						{words.channels.signIn}
					</Act>
				) : (
					<Act may="workspace:read" onClick={() => open(() => <PairChat channel={channel} />)}>
						{words.channels.pair}
					</Act>
				)}
				<Act may="channel:manage" disabled={isPending} aria-busy={isPending} onClick={() => void run()}>
					{isPending ? words.channels.testing : words.channels.test}
				</Act>
				<Act may="channel:manage" class="danger" onClick={() => open(() => <RemoveChannel channel={channel} />)}>
					{words.channels.remove}
				</Act>
			</div>
		</li>
	)
}

function StateOf({ channel: { state } }: { channel: Channel }) {
	if (state.is === "working")
		return (
			<span class="state running">
				<Icon name="circle-check" />
				{words.channels.working}
			</span>
		)
	return (
		<span class="state failed">
			<Icon name="triangle-alert" />
			{state.is === "broken" ? words.channels.broken : words.channels.signedOut}{" "}
			<When at={state.at} say={words.channels.since} />
		</span>
	)
}

function RemoveChannel({ channel: { id, name } }: { channel: Channel }) {
	const run = async () => {
		await api("removeChannel", { params: { channel: id } })
		changes.value++
	}
	return (
		<Confirm title={words.remove.title(name)} submit={words.channels.remove} danger run={run}>
			<p>{words.channels.removeText}</p>
		</Confirm>
	)
}
