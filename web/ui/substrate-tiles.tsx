// What a session may run in on a machine: tiles to choose from, and why some are not to be had.
import type { Answered } from "../../protocol/ask.ts"
import { SUBSTRATES, type Substrate } from "../../protocol/substrate.ts"
import { sentence } from "../api.ts"
import { words } from "../messages.ts"
import type { Loaded } from "../state.ts"
import { Icon } from "./icon.tsx"
import type { IconName } from "./icons.ts"
import { More } from "./more.tsx"

export const SUBSTRATE_ICONS: Record<Substrate, IconName> = {
	host: "server",
	sandbox: "box",
	container: "container",
	vm: "monitor",
}

interface Props {
	tried: Loaded<Answered<"substrates">>
	/** Null: the machine's default. */
	chosen: Substrate | null
	choose: (substrate: Substrate) => void
}

export function SubstrateTiles({ tried, chosen, choose }: Props) {
	if (tried.is === "refused") return <p class="dim">{sentence(tried.refusal)}</p>
	const known = tried.is === "loaded" ? tried.value.substrates : []
	const first = tried.is === "loaded" ? tried.value.default : null
	const found = SUBSTRATES.map((substrate) => ({ substrate, info: known.find((info) => info.substrate === substrate) }))
	const absent = known.filter((info) => info.is === "absent")
	return (
		<fieldset class="field">
			<legend>{words.start.runsIn}</legend>
			<div class="substrate-tiles" aria-busy={tried.is === "loading"}>
				{found.map(({ substrate, info }) => (
					<label key={substrate} class={info?.is === "ready" ? "runtime-tile" : "runtime-tile missing"}>
						<input
							type="radio"
							name="substrate"
							class="unseen"
							checked={(chosen ?? first) === substrate}
							disabled={info?.is !== "ready"}
							onChange={() => choose(substrate)}
						/>
						<span class="tile-name">
							<Icon name={SUBSTRATE_ICONS[substrate]} />
							{words.substrates.names[substrate]}
						</span>
						{tried.is === "loading" ? (
							<small class="bone">{words.loading}</small>
						) : (
							<small class="dim">
								{info === undefined
									? words.substrates.unknown
									: info.is === "absent"
										? words.substrates.absent
										: substrate === first
											? words.substrates.isDefault
											: info.by}
							</small>
						)}
					</label>
				))}
			</div>
			{absent.length > 0 && (
				<More title={words.start.absent(absent.map(({ substrate }) => words.substrates.word[substrate]))}>
					<dl class="facts">
						{absent.map(({ substrate, reason, remedy }) => (
							<div key={substrate}>
								<dt>{words.substrates.names[substrate]}</dt>
								<dd>
									{reason} {remedy}
								</dd>
							</div>
						))}
					</dl>
				</More>
			)}
		</fieldset>
	)
}
