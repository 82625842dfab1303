// What sessions of one machine can run: whether each is ready there, and the profiles that people made.
import type { MachineId } from "../../../protocol/ids.ts"
import type { Profile } from "../../../protocol/profile.ts"
import type { RuntimeInfo } from "../../../protocol/session.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm } from "../../ui/confirm.tsx"
import { Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { open, Part } from "./page.tsx"
import { EditProfile } from "./profile-dialog.tsx"

export function RuntimesPart({ machine }: { machine: MachineId }) {
	const params = { machine }
	const asked = useAsked(async () => {
		const [{ runtimes }, { profiles }] = await Promise.all([
			api("listRuntimes", { params }),
			api("listProfiles", { params }),
		])
		return { runtimes, profiles }
	})
	return (
		<Part
			title={words.profiles.title}
			about={words.profiles.explain}
			action={
				<Act
					may="machine:manage"
					class="primary"
					onClick={() => open(() => <EditProfile machine={machine} saved={asked.again} />)}
				>
					<Icon name="plus" />
					{words.profiles.create}
				</Act>
			}
		>
			<Here asked={asked} rows={6}>
				{({ runtimes, profiles }) => (
					<ul class="rows things">
						{runtimes.map((runtime) => (
							<RuntimeRow
								key={runtime.id}
								machine={machine}
								runtime={runtime}
								profile={profiles.find(({ id }) => id === runtime.id)}
								again={asked.again}
							/>
						))}
					</ul>
				)}
			</Here>
		</Part>
	)
}

interface RowProps {
	machine: MachineId
	runtime: RuntimeInfo
	profile: Profile | undefined
	again: () => void
}

function RuntimeRow({ machine, runtime, profile, again }: RowProps) {
	const { id, label, program, version } = runtime
	return (
		<li class="thing">
			<div class="thing-what">
				<strong>{label}</strong>
				<code>{id}</code>
				{profile !== undefined && <span class="tag">{words.profiles.profile}</span>}
				<Readiness runtime={runtime} />
			</div>
			{program !== null && (
				<p class="dim facts-line">
					<span class="mono">{program}</span>
					{version !== null && <span>{version}</span>}
				</p>
			)}
			{profile !== undefined && (
				<div class="thing-do">
					<Act
						may="machine:manage"
						onClick={() => open(() => <EditProfile machine={machine} profile={profile} saved={again} />)}
					>
						{words.profiles.edit}
					</Act>
					<Act
						may="machine:manage"
						class="danger"
						onClick={() => open(() => <RemoveProfile machine={machine} profile={profile} removed={again} />)}
					>
						{words.profiles.remove}
					</Act>
				</div>
			)}
		</li>
	)
}

function Readiness({ runtime: { program, missingKeys } }: Pick<RowProps, "runtime">) {
	if (program === null)
		return (
			<span class="state">
				<Icon name="minus" />
				{words.profiles.notInstalled}
			</span>
		)
	if (missingKeys.length > 0)
		return (
			<span class="state">
				<Icon name="triangle-alert" />
				{words.profiles.lacks(words.any(missingKeys))}
			</span>
		)
	return (
		<span class="state running">
			<Icon name="circle-check" />
			{words.profiles.ready}
		</span>
	)
}

interface RemoveProps {
	machine: MachineId
	profile: Profile
	removed: () => void
}

function RemoveProfile({ machine, profile: { id, label }, removed }: RemoveProps) {
	const run = async () => {
		await api("removeProfile", { params: { machine, profile: id } })
		removed()
	}
	return (
		<Confirm title={words.remove.title(label)} submit={words.profiles.remove} danger run={run}>
			<p>{words.profiles.removeText}</p>
		</Confirm>
	)
}
