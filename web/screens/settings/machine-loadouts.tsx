// The loadouts of one machine as a list; each has a page of its own.
import { useSignal } from "@preact/signals"
import type { MachineId } from "../../../protocol/ids.ts"
import { Label } from "../../../protocol/substrate.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { go, loadoutPath } from "../../navigation.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm } from "../../ui/confirm.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { LabelField } from "../../ui/label-field.tsx"
import { YamlField } from "../../ui/yaml-field.tsx"
import { open, Part } from "./page.tsx"

export function LoadoutsPart({ machine }: { machine: MachineId }) {
	const asked = useAsked(() => api("listLoadouts", { params: { machine } }))
	return (
		<Part
			title={words.loadouts.title}
			about={words.loadouts.explain}
			action={
				<Act may="machine:manage" class="primary" onClick={() => open(() => <CreateLoadout machine={machine} />)}>
					<Icon name="plus" />
					{words.loadouts.create}
				</Act>
			}
		>
			<Here asked={asked}>
				{({ loadouts }) =>
					loadouts.length === 0 ? (
						<Face icon="layers" title={words.loadouts.emptyTitle} text={words.loadouts.empty} />
					) : (
						<ul class="rows things">
							{loadouts.map(({ name, description, problems }) => (
								<li key={name}>
									<a class="thing" href={loadoutPath(machine, name)} data-row>
										<div class="thing-what">
											<strong>{name}</strong>
											<span class={problems.length === 0 ? "state" : "state failed"}>
												<Icon name={problems.length === 0 ? "circle-check" : "triangle-alert"} />
												{problems.length === 0 ? words.loadouts.right : words.loadouts.problems(problems.length)}
											</span>
										</div>
										{description !== "" && <p class="dim">{description}</p>}
									</a>
								</li>
							))}
						</ul>
					)
				}
			</Here>
		</Part>
	)
}

function CreateLoadout({ machine }: { machine: MachineId }) {
	const name = useSignal("")
	const text = useSignal<string>(words.loadouts.starter)
	const run = async () => {
		const loadout = name.value.trim()
		await api("saveLoadout", { params: { machine, loadout }, body: { text: text.value } })
		go(loadoutPath(machine, loadout))
	}
	return (
		<Confirm
			title={words.loadouts.create}
			submit={words.save}
			size="wide"
			disabled={!Label.safeParse(name.value.trim()).success}
			run={run}
		>
			<LabelField
				label={words.loadouts.name}
				hint={words.loadouts.nameHint}
				value={name.value}
				change={(typed) => (name.value = typed)}
			/>
			<YamlField
				label={words.loadouts.text}
				value={text.value}
				wrong={[]}
				at={null}
				change={(typed) => (text.value = typed)}
			/>
		</Confirm>
	)
}
