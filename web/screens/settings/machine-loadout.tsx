// One loadout of a machine: its file with its mistakes by line, what it does and who says so, and applying it.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { Loadout, Problem as Mistake } from "../../../protocol/ask.ts"
import { Refusal } from "../../../protocol/errors.ts"
import type { MachineId } from "../../../protocol/ids.ts"
import { api, Problem, sentence } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { problemIn } from "../../loadout-problem.ts"
import { words } from "../../messages.ts"
import { go, machinePath } from "../../navigation.ts"
import { startJob } from "../../starting.ts"
import { may, notify } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm } from "../../ui/confirm.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Field } from "../../ui/field.tsx"
import { Form } from "../../ui/form.tsx"
import { Icon } from "../../ui/icon.tsx"
import { YamlField } from "../../ui/yaml-field.tsx"
import { open, Part } from "./page.tsx"

interface Props {
	machine: MachineId
	name: string
}

export function LoadoutPart({ machine, name }: Props) {
	const asked = useAsked(() => api("readLoadout", { params: { machine, loadout: name } }), { isOnDemand: true })
	const { answer } = asked
	return (
		<>
			<a class="settings-back" href={machinePath(machine, "loadouts")}>
				<Icon name="arrow-left" />
				{words.loadouts.title}
			</a>
			{answer.is === "refused" && answer.refusal.code === "not_found" ? (
				<Face icon="layers" title={words.loadouts.missing} text={sentence(answer.refusal)} />
			) : (
				<Here asked={asked}>{(loadout) => <Known machine={machine} loadout={loadout} again={asked.again} />}</Here>
			)}
		</>
	)
}

function Known({ machine, loadout, again }: { machine: MachineId; loadout: Loadout; again: () => void }) {
	const { name, problems } = loadout
	return (
		<>
			<Part
				title={name}
				action={
					<span class="thing-do">
						<Act
							may="session:start"
							class="primary"
							disabled={problems.length > 0}
							onClick={() => open(() => <ApplyLoadout machine={machine} name={name} />)}
						>
							<Icon name="play" />
							{words.loadouts.apply}
						</Act>
						<Act
							may="machine:manage"
							class="danger"
							onClick={() => open(() => <RemoveLoadout machine={machine} name={name} />)}
						>
							{words.loadouts.remove}
						</Act>
					</span>
				}
			>
				<Edit key={loadout.text} machine={machine} loadout={loadout} again={again} />
			</Part>
			{problems.length === 0 && <Phases phases={loadout.phases} />}
		</>
	)
}

interface EditProps {
	machine: MachineId
	loadout: Loadout
	again: () => void
}

function Edit({ machine, loadout: { name, text: saved, problems }, again }: EditProps) {
	const text = useSignal(saved)
	/** Of what was refused last. */
	const refused = useSignal<Mistake | null>(null)
	const at = useSignal<{ line: number; column: number } | null>(null)
	const shown = refused.value === null ? problems : [refused.value]
	const run = async () => {
		refused.value = null
		try {
			await api("saveLoadout", { params: { machine, loadout: name }, body: { text: text.value } })
		} catch (error) {
			const mistake = error instanceof Refusal ? problemIn(error.message) : null
			if (mistake === null) throw error
			refused.value = mistake
			if (mistake.loadout === name) at.value = mistake
			throw new Problem(words.loadouts.notSaved)
		}
		notify({ tone: "good", text: words.loadouts.savedFor(name) })
		again()
	}
	return (
		<Form submit={words.save} may="machine:manage" disabled={text.value === saved && problems.length === 0} run={run}>
			{shown.length > 0 && (
				<ul class="problems">
					{shown.map((problem) => (
						<li key={`${problem.loadout} ${problem.line} ${problem.column} ${problem.message}`}>
							<ProblemLine
								problem={problem}
								isHere={problem.loadout === name}
								show={() => (at.value = { line: problem.line, column: problem.column })}
							/>
						</li>
					))}
				</ul>
			)}
			<YamlField
				label={words.loadouts.edit}
				value={text.value}
				wrong={shown.filter(({ loadout }) => loadout === name).map(({ line }) => line)}
				at={at.value}
				readOnly={!may("machine:manage")}
				change={(typed) => (text.value = typed)}
			/>
		</Form>
	)
}

function ProblemLine({ problem, isHere, show }: { problem: Mistake; isHere: boolean; show: () => void }) {
	const { loadout, line, column, message } = problem
	if (!isHere) return <p class="problem">{words.loadouts.problemIn(loadout, line, column, message)}</p>
	return (
		<button type="button" class="quiet problem" onClick={show}>
			<Icon name="triangle-alert" />
			{words.loadouts.problem(line, column, message)}
		</button>
	)
}

function Phases({ phases }: Pick<Loadout, "phases">) {
	return (
		<Part title={words.loadouts.does} about={words.loadouts.doesText}>
			{phases.length === 0 ? (
				<p class="dim">{words.loadouts.nothing}</p>
			) : (
				<ol class="phases">
					{phases.map(({ name, isCore, steps }) => (
						<li key={name}>
							<h3>
								{name}
								{!isCore && <small class="tag">{words.loadouts.bestEffort}</small>}
							</h3>
							<ul class="rows">
								{steps.map(({ does, from }) => (
									<li key={`${does} ${from}`} class="row">
										<span class="grow breaks">{does}</span>
										<small class="dim">{words.loadouts.from(from)}</small>
									</li>
								))}
							</ul>
						</li>
					))}
				</ol>
			)}
		</Part>
	)
}

const TARGETS = ["host", "container"] as const

function ApplyLoadout({ machine, name }: Props) {
	/** A VM by its name, after "vm ". */
	const to = useSignal("host")
	const image = useSignal("")
	const anew = useSignal(false)
	const vms = useSignal<string[]>([])
	useEffect(() => {
		// Where VMs cannot be listed there is none to choose.
		api("listVms", { params: { machine } }).then(
			(answer) => {
				vms.value = answer.vms.map((vm) => vm.name)
			},
			() => {},
		)
	}, [])
	const vm = to.value.startsWith("vm ") ? to.value.slice(3) : null
	const run = () => {
		const argv = [
			...["loadout-apply", name, "--substrate", vm === null ? to.value : "vm"],
			...(vm === null ? [] : ["--vm", vm]),
			...(to.value === "container" && image.value.trim() !== "" ? ["--image", image.value.trim()] : []),
			...(anew.value ? ["--again"] : []),
		]
		return startJob(machine, argv, name)
	}
	return (
		<Confirm title={words.loadouts.applyTitle(name)} submit={words.loadouts.apply} run={run}>
			<p>{words.loadouts.applyText}</p>
			<label class="field">
				{words.loadouts.applyTo}
				<select value={to.value} onChange={(event) => (to.value = event.currentTarget.value)}>
					{TARGETS.map((target) => (
						<option key={target} value={target}>
							{target === "host" ? words.loadouts.toHost : words.loadouts.toContainer}
						</option>
					))}
					{vms.value.map((known) => (
						<option key={known} value={`vm ${known}`}>
							{words.loadouts.toVm(known)}
						</option>
					))}
				</select>
			</label>
			{to.value === "container" && (
				<Field
					label={words.loadouts.image}
					isCode
					placeholder={words.loadouts.imageHint}
					value={image.value}
					change={(typed) => (image.value = typed)}
				/>
			)}
			<label class="check">
				<input
					type="checkbox"
					checked={anew.value}
					onChange={(event) => {
						anew.value = event.currentTarget.checked
					}}
				/>
				{words.loadouts.anew}
			</label>
		</Confirm>
	)
}

function RemoveLoadout({ machine, name }: Props) {
	const run = async () => {
		await api("removeLoadout", { params: { machine, loadout: name } })
		go(machinePath(machine, "loadouts"))
	}
	return (
		<Confirm title={words.remove.title(name)} submit={words.loadouts.remove} danger run={run}>
			<p>{words.loadouts.removeText}</p>
		</Confirm>
	)
}
