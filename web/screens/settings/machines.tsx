// The machines of the workspace as a list; each has a page of its own.
import { useEffect } from "preact/hooks"
import { refreshMachines } from "../../home.ts"
import { words } from "../../messages.ts"
import { machinePath } from "../../navigation.ts"
import { dialog, machines } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { NoMachine } from "../../ui/no-machine.tsx"
import { PresenceMark } from "../../ui/presence.tsx"
import { Tags } from "../../ui/tags.tsx"
import { Head } from "./page.tsx"

export function MachinesSettings() {
	useEffect(() => void refreshMachines(), [])
	return (
		<>
			<Head title={words.machines.title} about={words.machines.explain}>
				<Act
					may="machine:enroll"
					class="primary"
					onClick={() => {
						dialog.value = { is: "enroll" }
					}}
				>
					<Icon name="plus" />
					{words.fleet.enroll}
				</Act>
			</Head>
			<Here asked={{ answer: machines.value, again: () => void refreshMachines() }}>
				{(all) =>
					all.length === 0 ? (
						<NoMachine />
					) : (
						<ul class="rows">
							{all.map(({ id, name, tags, platform, members }) => (
								<li key={id}>
									<a class="thing" href={machinePath(id)} data-row>
										<div class="thing-what">
											<strong>{name}</strong>
											<PresenceMark machine={id} />
										</div>
										<p class="dim facts-line">
											<span>{platform === null ? words.machines.noPlatform : words.platform(platform)}</span>
											<span>{members === null ? words.machines.everybody : words.machines.some(members.length)}</span>
										</p>
										<Tags tags={tags} />
									</a>
								</li>
							))}
						</ul>
					)
				}
			</Here>
		</>
	)
}
