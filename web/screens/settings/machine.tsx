// One machine: what it uses now, its name and tags, for whom it is, its key, who has ever opened a session on it; and
// beside that its substrates, VMs, loadouts and runtimes.
import { useSignal } from "@preact/signals"
import { MACHINE_MEMBERS, NAME_CHARS, TAGS } from "../../../protocol/limits.ts"
import type { Machine } from "../../../protocol/routes/machines.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { refreshMachines } from "../../home.ts"
import { words } from "../../messages.ts"
import { MACHINE_PARTS, type MachinePart, machinePath } from "../../navigation.ts"
import { dialog, machines, may, me, notify } from "../../state.ts"
import { exact } from "../../times.ts"
import { Act } from "../../ui/act.tsx"
import { CopyField } from "../../ui/copy-field.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Field } from "../../ui/field.tsx"
import { Form } from "../../ui/form.tsx"
import { PresenceMark } from "../../ui/presence.tsx"
import { machineTags, tagFault } from "../../ui/tags.tsx"
import { When } from "../../ui/when.tsx"
import { WordsField } from "../../ui/words-field.tsx"
import { LoadoutPart } from "./machine-loadout.tsx"
import { LoadoutsPart } from "./machine-loadouts.tsx"
import { RuntimesPart } from "./machine-runtimes.tsx"
import { SubstratesPart } from "./machine-substrates.tsx"
import { UsagePart } from "./machine-usage.tsx"
import { VmsPart } from "./machine-vms.tsx"
import { Part, Row } from "./page.tsx"

interface Props {
	machine: string
	part: MachinePart
	/** The one of the part that is looked at. */
	item: string | undefined
}

export function MachineSettings({ machine, part, item }: Props) {
	return (
		<Here asked={{ answer: machines.value, again: () => void refreshMachines() }}>
			{(all) => {
				const found = all.find(({ id }) => id === machine)
				if (found !== undefined) return <Known key={found.id} machine={found} part={part} item={item} />
				return <Face icon="server" title={words.machines.missing} text={words.machines.missingText} />
			}}
		</Here>
	)
}

function Known({ machine, part, item }: Pick<Props, "part" | "item"> & { machine: Machine }) {
	const { id, name } = machine
	return (
		<>
			<header class="page-head">
				<h1>{name}</h1>
				<PresenceMark machine={id} />
			</header>
			<nav class="parts" aria-label={words.machines.partsOf(name)}>
				{MACHINE_PARTS.map((of) => (
					<a
						key={of}
						ref={(link) => {
							if (of === part) link?.scrollIntoView({ block: "nearest", inline: "nearest" })
						}}
						href={machinePath(id, of)}
						aria-current={of === part ? "page" : undefined}
					>
						{words.machines.parts[of]}
					</a>
				))}
			</nav>
			{part === "general" && <General machine={machine} />}
			{part === "substrates" && <SubstratesPart machine={id} />}
			{part === "vms" && <VmsPart machine={id} />}
			{part === "loadouts" && item === undefined && <LoadoutsPart machine={id} />}
			{part === "loadouts" && item !== undefined && <LoadoutPart key={item} machine={id} name={item} />}
			{part === "runtimes" && <RuntimesPart machine={id} />}
		</>
	)
}

function General({ machine }: { machine: Machine }) {
	const { id, name, key, platform, enrolledBy, createdAt, running } = machine
	const role = me.value.is === "loaded" ? me.value.value.role : "guest"
	const isMine = me.value.is === "loaded" && me.value.value.id === enrolledBy?.id
	return (
		<>
			<dl class="facts">
				<dt>{words.machines.platform}</dt>
				<dd>{platform === null ? words.machines.noPlatform : words.platform(platform)}</dd>
				{platform !== null && (
					<>
						<dt>{words.machines.host}</dt>
						<dd class="mono">{platform.hostname}</dd>
						<dt>{words.machines.connector}</dt>
						<dd>{platform.connector}</dd>
					</>
				)}
				<dt>{words.machines.enrolled}</dt>
				<dd title={exact(createdAt)}>
					{enrolledBy === null ? (
						<When at={createdAt} />
					) : (
						<When at={createdAt} say={words.machines.by(enrolledBy.name)} />
					)}
				</dd>
			</dl>
			<UsagePart machine={id} />
			<Part title={words.machines.key} about={words.machines.keyText}>
				<CopyField text={key} />
			</Part>
			<Manage machine={machine} />
			{(isMine || role === "maintainer" || role === "owner") && <Attachments machine={id} />}
			<Part title={words.machine.remove} about={words.machine.removeText(running)}>
				<div>
					<Act
						may="machine:manage"
						class="danger"
						onClick={() => {
							dialog.value = { is: "remove-machine", machine: id, name, running }
						}}
					>
						{words.machine.remove}
					</Act>
				</div>
			</Part>
		</>
	)
}

function Manage({ machine }: { machine: Machine }) {
	const name = useSignal(machine.name)
	const tags = useSignal(machine.tags)
	const members = useSignal(machine.members)
	const isSame =
		name.value.trim() === machine.name &&
		sameWords(tags.value, machine.tags) &&
		sameWords(members.value ?? [], machine.members ?? []) &&
		(members.value === null) === (machine.members === null)
	const run = async () => {
		await api("changeMachine", {
			params: { machine: machine.id },
			body: { name: name.value.trim(), tags: tags.value, members: members.value },
		})
		await refreshMachines()
		notify({ tone: "good", text: words.saved })
	}
	return (
		<Part title={words.machines.manage}>
			<Form
				submit={words.save}
				may="machine:manage"
				disabled={isSame || members.value?.length === 0 || tags.value.length > TAGS}
				run={run}
			>
				<Field
					label={words.machines.name}
					required
					maxLength={NAME_CHARS}
					readOnly={!may("machine:manage")}
					value={name.value}
					change={(value) => (name.value = value)}
				/>
				<WordsField
					label={words.machines.tags}
					hint={words.machines.tagsHint}
					add={words.newTag}
					values={tags.value}
					suggestions={machineTags()}
					fault={tagFault}
					change={(changed) => (tags.value = changed)}
				/>
				<WhoMayUse chosen={members.value} change={(changed) => (members.value = changed)} />
			</Form>
		</Part>
	)
}

function WhoMayUse({ chosen, change }: { chosen: string[] | null; change: (members: string[] | null) => void }) {
	const members = useAsked(() => api("listMembers"))
	/** Owners may use every machine; so they need not be named. */
	return (
		<fieldset class="choices">
			<legend>{words.machines.access}</legend>
			<label>
				<input type="radio" name="access" checked={chosen === null} onChange={() => change(null)} />
				{words.machines.everybody}
			</label>
			<label>
				<input type="radio" name="access" checked={chosen !== null} onChange={() => change([])} />
				{words.machines.named}
			</label>
			{chosen !== null && (
				<Here asked={members}>
					{({ members: all }) => (
						<div class="scope-actions">
							{all.map(({ id, name, role }) => (
								<label key={id}>
									<input
										type="checkbox"
										checked={role === "owner" || chosen.includes(id)}
										disabled={role === "owner" || (chosen.length >= MACHINE_MEMBERS && !chosen.includes(id))}
										onChange={(event) =>
											change(event.currentTarget.checked ? [...chosen, id] : chosen.filter((other) => other !== id))
										}
									/>
									{words.machines.member(name, words.roles[role].name)}
								</label>
							))}
						</div>
					)}
				</Here>
			)}
		</fieldset>
	)
}

function Attachments({ machine }: { machine: Machine["id"] }) {
	const asked = useAsked(() => api("listAttachments", { params: { machine } }))
	return (
		<Part title={words.machines.attached} about={words.machines.attachedText}>
			<Here asked={asked}>
				{({ attachments }) =>
					attachments.length === 0 ? (
						<p class="dim">{words.machines.nobody}</p>
					) : (
						<ul class="rows">
							{attachments.map(({ name, at, address, session }) => (
								<Row
									key={`${name} ${at}`}
									icon="eye"
									name={name}
									about={<span class="mono">{address === null ? session : `${session} ${address}`}</span>}
								>
									<span class="dim">
										<When at={at} />
									</span>
								</Row>
							))}
						</ul>
					)
				}
			</Here>
		</Part>
	)
}

function sameWords(one: readonly string[], other: readonly string[]): boolean {
	return one.length === other.length && one.every((word) => other.includes(word))
}
