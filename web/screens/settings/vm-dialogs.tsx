// The dialogs of VMs: a new one, what a deed on one needs to know or may lose, and a new image.
import { useSignal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import type { MachineId } from "../../../protocol/ids.ts"
import { Label } from "../../../protocol/substrate.ts"
import type { Vm, VmDeed, VmImage } from "../../../protocol/vm.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { startJob } from "../../starting.ts"
import { Confirm } from "../../ui/confirm.tsx"
import { Field } from "../../ui/field.tsx"
import { LabelField } from "../../ui/label-field.tsx"
import { NetworkField } from "../../ui/network-field.tsx"
import { LoadoutField } from "../../ui/where-fields.tsx"
import { FIRST_WHERE, GIB, lacksHosts, MIB, networkOf, numberOf } from "../../where.ts"

interface CreateProps {
	machine: MachineId
	images: VmImage[]
	made: () => void
}

export function CreateVm({ machine, images, made }: CreateProps) {
	const name = useSignal("")
	const image = useSignal("")
	const cpus = useSignal("")
	const memory = useSignal("")
	const disk = useSignal("")
	const idle = useSignal("")
	const loadout = useSignal("")
	const network = useSignal(FIRST_WHERE.network)
	const tried = useAsked(() => api("listSubstrates", { params: { machine }, query: { again: "false" } }))
	const info =
		tried.answer.is === "loaded" ? tried.answer.value.substrates.find(({ substrate }) => substrate === "vm") : undefined
	const networks = info?.is === "ready" ? info.networks : []
	const run = async () => {
		const [processors, mebibytes, gibibytes, minutes] = [cpus, memory, disk, idle].map(({ value }) => numberOf(value))
		const spec = {
			...(image.value !== "" && { image: image.value }),
			...(processors !== undefined && { cpus: processors }),
			...(mebibytes !== undefined && { memory: mebibytes * MIB }),
			...(gibibytes !== undefined && { disk: Math.round(gibibytes * GIB) }),
			...(minutes !== undefined && { idleMinutes: minutes }),
			...(loadout.value !== "" && { loadout: loadout.value }),
			...(networks.length > 0 && { network: networkOf(network.value) }),
		}
		await api("changeVm", { params: { machine, vm: name.value.trim() }, body: { deed: { verb: "create", spec } } })
		made()
	}
	return (
		<Confirm
			title={words.vms.createTitle}
			submit={words.vms.submit}
			size="wide"
			disabled={!Label.safeParse(name.value.trim()).success || lacksHosts(network.value)}
			run={run}
		>
			<div class="two-columns even">
				<LabelField
					label={words.vms.name}
					hint={words.vms.nameHint}
					value={name.value}
					change={(typed) => (name.value = typed)}
				/>
				<label class="field">
					{words.vms.image}
					<select value={image.value} onChange={(event) => (image.value = event.currentTarget.value)}>
						<option value="">{words.vms.defaultOf}</option>
						{images.map((known) => (
							<option key={known.name}>{known.name}</option>
						))}
					</select>
				</label>
				<NumberField label={words.vms.cpus} min={1} value={cpus.value} change={(typed) => (cpus.value = typed)} />
				<NumberField
					label={words.vms.memory}
					min={128}
					value={memory.value}
					change={(typed) => (memory.value = typed)}
				/>
				<NumberField
					label={words.vms.disk}
					min={0.5}
					step="any"
					value={disk.value}
					change={(typed) => (disk.value = typed)}
				/>
				<NumberField
					label={words.vms.idle}
					hint={words.vms.idleHint}
					min={0}
					value={idle.value}
					change={(typed) => (idle.value = typed)}
				/>
				<LoadoutField machine={machine} value={loadout.value} change={(chosen) => (loadout.value = chosen)} />
				{networks.length > 0 && (
					<NetworkField networks={networks} draft={network.value} change={(changed) => (network.value = changed)} />
				)}
			</div>
		</Confirm>
	)
}

interface DeedProps {
	vm: Vm
	verb: Exclude<VmDeed["verb"], "create" | "start" | "pause" | "resume">
	run: (deed: VmDeed) => Promise<void>
}

/** What some deeds must be told, and what others lose. */
export function DeedDialog({ vm, verb, run }: DeedProps) {
	const { name, snapshots } = vm
	const typed = useSignal(verb === "restore" ? (snapshots.at(-1)?.name ?? "") : "")
	const submit = words.vms.verbs[verb]
	const change = (value: string) => (typed.value = value)
	const isLabel = Label.safeParse(typed.value.trim()).success
	const sure = (title: string, text: string, deed: VmDeed) => (
		<Confirm title={title} submit={submit} danger run={() => run(deed)}>
			<p>{text}</p>
		</Confirm>
	)
	const asks = (title: string, deed: VmDeed, isReady: boolean, children: ComponentChildren) => (
		<Confirm title={title} submit={submit} disabled={!isReady} run={() => run(deed)}>
			{children}
		</Confirm>
	)
	const label = typed.value.trim()
	switch (verb) {
		case "stop":
			return sure(words.vms.stopTitle(name), words.vms.stopText, { verb })
		case "kill":
			return sure(words.vms.killTitle(name), words.vms.killText, { verb })
		case "rebuild":
			return sure(words.vms.rebuildTitle(name), words.vms.rebuildText, { verb })
		case "destroy":
			return sure(words.vms.destroyTitle(name), words.vms.destroyText, { verb })
		case "snapshot":
			return asks(
				words.vms.snapshotTitle(name),
				{ verb, snapshot: label },
				isLabel,
				<LabelField label={words.vms.snapshotName} hint={words.vms.nameHint} value={typed.value} change={change} />,
			)
		case "clone":
			return asks(
				words.vms.cloneTitle(name),
				{ verb, to: label },
				isLabel,
				<LabelField label={words.vms.cloneName} hint={words.vms.nameHint} value={typed.value} change={change} />,
			)
		case "forward":
			return asks(
				words.vms.forwardTitle(name),
				{ verb, port: Number(typed.value) },
				typed.value !== "",
				<NumberField
					label={words.vms.port}
					hint={words.vms.portHint}
					min={1}
					max={65_535}
					value={typed.value}
					change={change}
				/>,
			)
		case "restore":
			return (
				<Confirm
					title={words.vms.restoreTitle(name)}
					submit={submit}
					danger
					run={() => run({ verb, snapshot: typed.value })}
				>
					<p>{words.vms.restoreText}</p>
					<label class="field">
						{words.vms.snapshotName}
						<select value={typed.value} onChange={(event) => change(event.currentTarget.value)}>
							{snapshots.map((snapshot) => (
								<option key={snapshot.name}>{snapshot.name}</option>
							))}
						</select>
					</label>
				</Confirm>
			)
	}
}

const KINDS = ["debian", "disk"] as const
const FIRMWARES = ["bios", "uefi"] as const

export function BuildImage({ machine }: { machine: MachineId }) {
	const kind = useSignal<(typeof KINDS)[number]>("debian")
	const name = useSignal("debian")
	const file = useSignal("")
	const firmware = useSignal<(typeof FIRMWARES)[number]>("bios")
	const run = () => {
		const called = `--name=${name.value.trim()}`
		return startJob(
			machine,
			kind.value === "debian"
				? ["vm-image-build", called]
				: ["vm-image-add", called, `--firmware=${firmware.value}`, "--", file.value.trim()],
		)
	}
	const isReady = Label.safeParse(name.value.trim()).success && (kind.value === "debian" || file.value.trim() !== "")
	return (
		<Confirm title={words.vms.buildTitle} submit={words.vms.build} disabled={!isReady} run={run}>
			<p>{words.vms.buildText}</p>
			<label class="field">
				{words.vms.buildFrom}
				<select
					value={kind.value}
					onChange={({ currentTarget: { value } }) => (kind.value = value === "disk" ? "disk" : "debian")}
				>
					{KINDS.map((of) => (
						<option key={of} value={of}>
							{words.vms.buildFroms[of]}
						</option>
					))}
				</select>
			</label>
			<LabelField
				label={words.vms.name}
				hint={words.vms.nameHint}
				value={name.value}
				change={(typed) => (name.value = typed)}
			/>
			{kind.value === "disk" && (
				<>
					<Field
						label={words.vms.file}
						hint={words.vms.fileHint}
						isCode
						required
						value={file.value}
						change={(typed) => (file.value = typed)}
					/>
					<label class="field">
						{words.vms.firmware}
						<select
							value={firmware.value}
							onChange={({ currentTarget: { value } }) => (firmware.value = value === "uefi" ? "uefi" : "bios")}
						>
							{FIRMWARES.map((of) => (
								<option key={of} value={of}>
									{words.vms.firmwares[of]}
								</option>
							))}
						</select>
					</label>
				</>
			)}
		</Confirm>
	)
}

interface NumberProps {
	label: string
	hint?: string
	min: number
	max?: number
	step?: "any"
	value: string
	change: (value: string) => void
}

function NumberField(props: NumberProps) {
	return <Field type="number" placeholder={words.vms.defaultOf} {...props} />
}
