// What of the network is reached: all of it, nothing, or hosts by name.
import { NETWORK_HOSTS } from "../../protocol/limits.ts"
import { HostPattern, NETWORKS } from "../../protocol/substrate.ts"
import { words } from "../messages.ts"
import { type NetworkDraft, possible } from "../where.ts"
import { WordsField } from "./words-field.tsx"

interface Props {
	/** Those that can be had. */
	networks: readonly (typeof NETWORKS)[number][]
	draft: NetworkDraft
	change: (draft: NetworkDraft) => void
}

export function NetworkField({ networks, draft: chosen, change }: Props) {
	const draft = possible(chosen, networks)
	const { hosts } = draft
	return (
		<>
			<label class="field">
				{words.network.label}
				<select
					value={draft.is}
					onChange={({ currentTarget: { value } }) =>
						change({ ...draft, is: NETWORKS.find((network) => network === value) ?? draft.is })
					}
				>
					{networks.map((network) => (
						<option key={network} value={network}>
							{words.network.choices[network]}
						</option>
					))}
				</select>
			</label>
			{draft.is === "allow-list" && (
				<WordsField
					label={words.network.hosts}
					hint={words.network.hostsHint}
					add={words.network.newHost}
					values={hosts}
					suggestions={[]}
					fault={hostFault}
					change={(changed) => change({ ...draft, hosts: changed.slice(0, NETWORK_HOSTS) })}
				/>
			)}
		</>
	)
}

function hostFault(host: string): string | null {
	return HostPattern.safeParse(host).success ? null : words.network.hostFault
}
