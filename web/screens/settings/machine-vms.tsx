// The VMs of one machine: what each is, what is being done with it, and what can be; and the images that they are made from.
import type { MachineId } from "../../../protocol/ids.ts"
import type { Vm, VmDeed, VmImage } from "../../../protocol/vm.ts"
import { api } from "../../api.ts"
import { type Asked, useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { attempt } from "../../run.ts"
import { dialog } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import type { IconName } from "../../ui/icons.ts"
import { Menu, MenuItem } from "../../ui/menu.tsx"
import { When } from "../../ui/when.tsx"
import { possibleDeeds } from "../../vm-deeds.ts"
import { open, Part, Row } from "./page.tsx"
import { BuildImage, CreateVm, DeedDialog } from "./vm-dialogs.tsx"

/** While something is being done, and while nothing is: a VM is paused by itself. */
const BUSY_MS = 2_000
const CALM_MS = 10_000

export function VmsPart({ machine }: { machine: MachineId }) {
	const asked = useAsked(() => api("listVms", { params: { machine } }), {
		everyMs: ({ vms }) =>
			vms.some(({ doing, state }) => doing !== null || state.is === "starting") ? BUSY_MS : CALM_MS,
	})
	const images = asked.answer.is === "loaded" ? asked.answer.value.images : []
	return (
		<>
			<Part
				title={words.vms.title}
				about={words.vms.explain}
				action={
					<Act
						may="vm:manage"
						class="primary"
						disabled={images.length === 0}
						onClick={() => open(() => <CreateVm machine={machine} images={images} made={asked.again} />)}
					>
						<Icon name="plus" />
						{words.vms.create}
					</Act>
				}
			>
				<Here asked={asked}>
					{({ vms }) =>
						vms.length === 0 ? (
							<Face icon="monitor" title={words.vms.emptyTitle} text={words.vms.empty} />
						) : (
							<ul class="rows things">
								{vms.map((vm) => (
									<VmRow key={vm.name} machine={machine} vm={vm} again={asked.again} />
								))}
							</ul>
						)
					}
				</Here>
			</Part>
			<Images machine={machine} asked={asked} />
		</>
	)
}

const ICONS: Record<Exclude<Vm["state"]["is"], "starting">, IconName> = {
	stopped: "power",
	running: "play",
	paused: "pause",
	"crash-loop": "triangle-alert",
}

function VmRow({ machine, vm, again }: { machine: MachineId; vm: Vm; again: () => void }) {
	const { name, state, image, by, cpus, memory, disk, network, loadout, idleMinutes, snapshots, forwards } = vm
	return (
		<li class="thing">
			<div class="thing-what">
				<strong>{name}</strong>
				<VmState vm={vm} />
			</div>
			<p class="dim facts-line">
				<span>{words.vms.size(cpus, memory, disk)}</span>
				<span>{image}</span>
				<span>{words.vms.by[by]}</span>
			</p>
			<p class="dim facts-line">
				<span>{words.network.of(network)}</span>
				{loadout !== null && <span>{words.vms.withLoadout(loadout)}</span>}
				<span>{words.vms.idleOf(idleMinutes)}</span>
				<When at={vm.createdAt} say={words.vms.made} />
			</p>
			{(snapshots.length > 0 || forwards.length > 0) && (
				<dl class="facts">
					{snapshots.length > 0 && (
						<>
							<dt>{words.vms.snapshots}</dt>
							<dd class="facts-line">
								{snapshots.map((snapshot) => (
									<When key={snapshot.name} at={snapshot.at} say={words.vms.snapshotOf(snapshot.name)} />
								))}
							</dd>
						</>
					)}
					{forwards.length > 0 && (
						<>
							<dt>{words.vms.forwards}</dt>
							<dd class="facts-line">
								{forwards.map(({ port, at }) => (
									<span key={port}>{words.vms.forwardOf(port, at)}</span>
								))}
							</dd>
						</>
					)}
				</dl>
			)}
			{state.is === "crash-loop" && <p class="problem">{state.reason}</p>}
			{vm.fault !== null && <p class="problem">{words.vms.fault(vm.fault)}</p>}
			<div class="thing-do">
				<Deeds machine={machine} vm={vm} again={again} />
			</div>
		</li>
	)
}

/** What is under way before what is. */
function VmState({ vm: { state, doing } }: { vm: Vm }) {
	if (doing !== null || state.is === "starting")
		return (
			<span class="truth busy" role="status">
				<span class="shape" aria-hidden="true" />
				{doing === null ? words.vms.state(state) : words.vms.doing[doing]}
			</span>
		)
	const tone = state.is === "running" ? "state running" : state.is === "crash-loop" ? "state failed" : "state"
	return (
		<span class={tone}>
			<Icon name={ICONS[state.is]} />
			{words.vms.state(state)}
		</span>
	)
}

const VERB_ICONS: Record<VmDeed["verb"], IconName> = {
	create: "plus",
	start: "play",
	stop: "power",
	kill: "square",
	pause: "pause",
	resume: "play",
	snapshot: "camera",
	restore: "history",
	clone: "copy-plus",
	rebuild: "hammer",
	destroy: "trash-2",
	forward: "arrow-right",
}

/** Only these lose nothing and need no words. */
const PLAIN = ["start", "pause", "resume"] as const
const isPlain = (verb: string): verb is (typeof PLAIN)[number] => PLAIN.some((plain) => plain === verb)
const DANGEROUS = ["kill", "rebuild", "destroy"]

function Deeds({ machine, vm, again }: { machine: MachineId; vm: Vm; again: () => void }) {
	const possible = possibleDeeds(vm)
	const run = async (deed: VmDeed) => {
		await api("changeVm", { params: { machine, vm: vm.name }, body: { deed } })
		again()
	}
	const [first] = possible
	return (
		<>
			{first !== undefined && isPlain(first) && (
				<Act may="vm:manage" onClick={() => void attempt(() => run({ verb: first }))}>
					<Icon name={VERB_ICONS[first]} />
					{words.vms.verbs[first]}
				</Act>
			)}
			{vm.state.is !== "crash-loop" && (
				<Act
					may="session:start"
					onClick={() => {
						dialog.value = { is: "start", machine, vm: vm.name }
					}}
				>
					<Icon name="plus" />
					{words.vms.session}
				</Act>
			)}
			<Menu label={words.vms.actionsOf(vm.name)} icon="ellipsis">
				{possible.map((verb) => (
					<MenuItem
						key={verb}
						icon={VERB_ICONS[verb]}
						label={words.vms.verbs[verb]}
						may="vm:manage"
						danger={DANGEROUS.includes(verb)}
						onClick={() => {
							if (isPlain(verb)) void attempt(() => run({ verb }))
							else if (verb !== "create") open(() => <DeedDialog vm={vm} verb={verb} run={run} />)
						}}
					/>
				))}
			</Menu>
		</>
	)
}

interface ImagesProps {
	machine: MachineId
	asked: Asked<{ images: VmImage[] }>
}

function Images({ machine, asked }: ImagesProps) {
	return (
		<Part
			title={words.vms.images}
			about={words.vms.imagesText}
			action={
				<Act may="vm:manage" onClick={() => open(() => <BuildImage machine={machine} />)}>
					<Icon name="hammer" />
					{words.vms.build}
				</Act>
			}
		>
			<Here asked={asked} rows={1}>
				{({ images }) =>
					images.length === 0 ? (
						<p class="dim">{words.vms.noImages}</p>
					) : (
						<ul class="rows">
							{images.map(({ name, bytes, createdAt, from }) => (
								<Row
									key={name}
									icon="package"
									name={name}
									about={
										<>
											<span>{words.vms.imageFrom(from)}</span>
											<span>{words.vms.imageSize(bytes)}</span>
										</>
									}
								>
									<span class="dim">
										<When at={createdAt} />
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
