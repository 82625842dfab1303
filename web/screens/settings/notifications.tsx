// Where I am told that an agent needs me: this browser, on or off and tried; my other devices and chats.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { ATTENTION_KINDS } from "../../../protocol/attention.ts"
import { type Destination, DestinationSettings } from "../../../protocol/channel.ts"
import { NAME_CHARS } from "../../../protocol/limits.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { LANGUAGE, LANGUAGES, SPOKEN } from "../../messages/language.ts"
import { words } from "../../messages.ts"
import { SETTINGS } from "../../navigation.ts"
import { destinationHere, pushPlace, turnOff, turnOn } from "../../push.ts"
import { attempt, useRun } from "../../run.ts"
import { changes } from "../../state.ts"
import { Confirm } from "../../ui/confirm.tsx"
import { Here } from "../../ui/faces.tsx"
import { Field } from "../../ui/field.tsx"
import { Icon } from "../../ui/icon.tsx"
import type { IconName } from "../../ui/icons.ts"
import { When } from "../../ui/when.tsx"
import { Head, open, Part } from "./page.tsx"

const say = words.notifications

export function NotificationsSettings() {
	const destinations = useAsked(() => api("listDestinations"))
	return (
		<>
			<Head title={say.title} about={say.explain} />
			<Here asked={destinations}>
				{({ destinations: mine }) => {
					const here = destinationHere(mine)
					const others = mine.filter((destination) => destination !== here)
					return (
						<>
							<Part title={say.here}>
								{here === undefined ? (
									<ThisBrowser />
								) : (
									<ul class="rows things">
										<Told destination={here} isHere />
									</ul>
								)}
							</Part>
							<Part title={say.others} about={others.length === 0 ? say.noOthers : say.othersAbout}>
								{others.length === 0 ? (
									<p>
										<a class="link" href={SETTINGS.channels}>
											{say.toChannels}
										</a>
									</p>
								) : (
									<ul class="rows things">
										{others.map((destination) => (
											<Told key={destination.id} destination={destination} isHere={false} />
										))}
									</ul>
								)}
							</Part>
						</>
					)
				}}
			</Here>
		</>
	)
}

/** Not told yet: how it can be, or why it cannot. */
function ThisBrowser() {
	const key = useAsked(() => api("readPushKey"))
	const place = pushPlace()
	if (place === "install") return <Cannot title={say.install} text={say.installText} />
	if (place === "insecure") return <Cannot title={say.insecure} text={say.insecureText} />
	if (place === "unsupported") return <Cannot title={say.unsupported} text={say.unsupportedText} />
	return (
		<Here asked={key} rows={1}>
			{() => <TurnOn />}
		</Here>
	)
}

function TurnOn() {
	const settings = useSignal(DestinationSettings.parse({ showsContent: false, language: LANGUAGE }))
	/** The browser tells no page when the person changes their mind in its settings, but for this. */
	const permission = useSignal(Notification.permission)
	useEffect(() => {
		const look = () => (permission.value = Notification.permission)
		let status: PermissionStatus | undefined
		navigator.permissions?.query({ name: "notifications" }).then(
			(found) => {
				status = found
				status.addEventListener("change", look)
			},
			// A browser that does not tell: then one loads the page again.
			() => {},
		)
		return () => status?.removeEventListener("change", look)
	}, [])
	const { isPending, problem, run } = useRun(async () => {
		try {
			await turnOn(settings.value)
			changes.value++
		} finally {
			permission.value = Notification.permission
		}
	})
	if (permission.value === "denied") return <Cannot title={say.denied} text={say.deniedText} />
	return (
		<form
			class="part-form"
			onSubmit={(event) => {
				event.preventDefault()
				void run()
			}}
		>
			<p>{say.hereOff}</p>
			<ContentField settings={settings.value} change={(changed) => (settings.value = changed)} />
			{problem !== "" && (
				<p class="problem" role="alert">
					{problem}
				</p>
			)}
			<div>
				<button type="submit" class="primary" disabled={isPending} aria-busy={isPending}>
					<Icon name="bell" />
					{isPending ? say.turningOn : say.turnOn}
				</button>
			</div>
		</form>
	)
}

function Cannot({ title, text }: { title: string; text: string }) {
	return (
		<div class="cannot" role="note">
			<Icon name="circle-alert" />
			<div>
				<strong>{title}</strong>
				<p class="dim">{text}</p>
			</div>
		</div>
	)
}

const ICONS: Record<Destination["kind"], IconName> = {
	push: "monitor",
	telegram: "send",
	weixin: "message-circle",
	wecom: "message-circle",
	official: "message-circle",
}

function Told({ destination, isHere }: { destination: Destination; isHere: boolean }) {
	const { name, kind, isGroup, settings, createdAt, fault } = destination
	return (
		<li class="thing">
			<div class="thing-what">
				<Icon name={ICONS[kind]} />
				<strong>{name}</strong>
				{kind !== "push" && <span class="dim">{say.places[kind]}</span>}
				{fault === null ? (
					isHere && (
						<span class="state running">
							<Icon name="circle-check" />
							{say.on}
						</span>
					)
				) : (
					<span class="state failed">
						<Icon name="circle-x" />
						{fault.isFinal ? say.over : say.faulty}
					</span>
				)}
			</div>
			<p class="dim">{say.tells(settings.kinds)}</p>
			<p class="dim facts-line">
				<span>{settings.showsContent ? say.content : say.noContent}</span>
				{isGroup && <span>{say.group}</span>}
				<When at={createdAt} say={say.added} />
			</p>
			{fault !== null && (
				<p class="problem">
					<When at={fault.at} say={say.failed(fault.reason)} />
				</p>
			)}
			<TestOf destination={destination} isHere={isHere} />
		</li>
	)
}

/** A push that is not here by then is held back by something. */
const ARRIVES_WITHIN_MS = 20_000

function TestOf({ destination, isHere }: { destination: Destination; isHere: boolean }) {
	const { id, name, kind } = destination
	const outcome = useSignal<"none" | "sent" | "arrived" | "late">("none")
	const { isPending, problem, run } = useRun(async () => {
		outcome.value = "none"
		await api("testDestination", { params: { destination: id } })
		// It may be here before the answer is.
		if (outcome.peek() === "none") outcome.value = "sent"
	})
	useEffect(() => {
		if (!isHere) return
		const heard = ({ data }: MessageEvent) => {
			if (data?.type === "pushed" && data.tag === "test") outcome.value = "arrived"
		}
		navigator.serviceWorker?.addEventListener("message", heard)
		return () => navigator.serviceWorker?.removeEventListener("message", heard)
	}, [isHere])
	useEffect(() => {
		if (!isHere || outcome.value !== "sent") return
		const timer = setTimeout(() => (outcome.value = "late"), ARRIVES_WITHIN_MS)
		return () => clearTimeout(timer)
	}, [isHere, outcome.value])
	const text = {
		none: "",
		sent: kind === "push" ? say.sent : say.sentChat,
		arrived: say.arrived,
		late: say.notArrived,
	}[outcome.value]
	return (
		<>
			<p class={problem === "" ? "verdict dim" : "verdict problem"} role="status">
				{problem === "" ? text : problem}
			</p>
			<div class="thing-do">
				<button
					type="button"
					aria-label={say.testOf(name)}
					disabled={isPending}
					aria-busy={isPending}
					onClick={() => void run().then(() => changes.value++)}
				>
					{isPending ? say.testing : say.test}
				</button>
				<button
					type="button"
					aria-label={say.changeOf(name)}
					onClick={() => open(() => <ChangeTold destination={destination} />)}
				>
					{say.change}
				</button>
				{isHere ? (
					<button
						type="button"
						class="danger"
						onClick={() => void attempt(() => turnOff(id)).then(() => changes.value++)}
					>
						{say.turnOff}
					</button>
				) : (
					<button
						type="button"
						class="danger"
						aria-label={say.removeOf(name)}
						onClick={() => open(() => <RemoveTold destination={destination} />)}
					>
						{words.removeIt}
					</button>
				)}
			</div>
		</>
	)
}

function ChangeTold({ destination: { id, name: called, settings } }: { destination: Destination }) {
	const name = useSignal(called)
	const draft = useSignal(settings)
	const run = async () => {
		const body = { name: name.value.trim(), settings: draft.value }
		await api("changeDestination", { params: { destination: id }, body })
		changes.value++
	}
	const { kinds, language } = draft.value
	return (
		<Confirm title={say.changeTitle(called)} submit={words.save} disabled={name.value.trim() === ""} run={run}>
			<Field
				label={say.name}
				required
				maxLength={NAME_CHARS}
				value={name.value}
				change={(value) => (name.value = value)}
			/>
			<fieldset class="choices">
				<legend>{say.kinds}</legend>
				{ATTENTION_KINDS.map((kind) => (
					<label key={kind}>
						<input
							type="checkbox"
							checked={kinds.includes(kind)}
							onChange={({ currentTarget: { checked } }) => {
								const chosen = ATTENTION_KINDS.filter((one) => (one === kind ? checked : kinds.includes(one)))
								draft.value = { ...draft.value, kinds: chosen }
							}}
						/>
						{say.kind[kind]}
					</label>
				))}
			</fieldset>
			<ContentField settings={draft.value} change={(changed) => (draft.value = changed)} />
			<label class="field">
				{say.language}
				<select
					value={language}
					onChange={({ currentTarget: { value } }) => {
						const chosen = LANGUAGES.find((one) => one === value)
						if (chosen !== undefined) draft.value = { ...draft.value, language: chosen }
					}}
				>
					{LANGUAGES.map((one) => (
						<option key={one} value={one} lang={SPOKEN[one].tag}>
							{SPOKEN[one].name}
						</option>
					))}
				</select>
			</label>
		</Confirm>
	)
}

interface FieldProps {
	settings: DestinationSettings
	change: (settings: DestinationSettings) => void
}

function ContentField({ settings, change }: FieldProps) {
	return (
		<div class="choices">
			<label>
				<input
					type="checkbox"
					checked={settings.showsContent}
					onChange={({ currentTarget: { checked } }) => change({ ...settings, showsContent: checked })}
				/>
				{say.showsContent}
			</label>
			<small class="dim">{say.showsContentHint}</small>
		</div>
	)
}

function RemoveTold({ destination: { id, name } }: { destination: Destination }) {
	const run = async () => {
		await api("removeDestination", { params: { destination: id } })
		changes.value++
	}
	return (
		<Confirm title={say.removeTitle(name)} submit={words.removeIt} danger run={run}>
			<p>{say.removeText}</p>
		</Confirm>
	)
}
