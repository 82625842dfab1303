// The secret that a service signs its deliveries with: one of the workspace's, or a new one, shown once.
import { useSignal } from "@preact/signals"
import { api } from "../../api.ts"
import { toBase64 } from "../../base64.ts"
import { words } from "../../messages.ts"
import { useRun } from "../../run.ts"
import { changes } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { CopyField } from "../../ui/copy-field.tsx"
import { SecretField, useSecretNames } from "../../ui/manifest-fields.tsx"
import type { DraftProps } from "./trigger-form.tsx"

const BYTES = 32

export function HookSecret({ draft: { name, source, secret }, say }: DraftProps) {
	const names = useSecretNames()
	const made = useSignal<{ name: string; value: string } | null>(null)
	const { isPending, problem, run } = useRun(async () => {
		const random = crypto.getRandomValues(new Uint8Array(BYTES))
		// Standard Webhooks writes its secrets so; other services take any text.
		const value =
			source === "standard"
				? `whsec_${toBase64(random)}`
				: [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("")
		const called = freeName(name, names)
		await api("saveSecret", { params: { secret: called }, body: { value, runtimes: [] } })
		changes.value++
		made.value = { name: called, value }
		say({ secret: called })
	})
	return (
		<div class="field">
			<div class="hook-secret">
				<SecretField
					label={words.triggers.secret}
					none={words.triggers.chooseSecret}
					names={names}
					value={secret}
					change={(chosen) => say({ secret: chosen })}
				/>
				<Act may="secret:manage" disabled={isPending} aria-busy={isPending} onClick={() => void run()}>
					{words.triggers.newSecret}
				</Act>
			</div>
			{made.value === null ? (
				<small class="dim">{words.triggers.newSecretHint}</small>
			) : (
				<div class="note" role="status">
					<p>{words.triggers.secretOnce(made.value.name)}</p>
					<CopyField text={made.value.value} />
				</div>
			)}
			{problem !== "" && (
				<p class="problem" role="alert">
					{problem}
				</p>
			)}
		</div>
	)
}

/** Of letters that names of secrets have, and of no other secret. */
function freeName(trigger: string, taken: readonly string[]): string {
	const word = trigger
		.toUpperCase()
		.replace(/[^A-Z0-9]+/g, "_")
		.replace(/^_+|_+$/g, "")
	const base = `HOOK_${word === "" ? "SECRET" : word}`.slice(0, 56)
	for (let number = 1; ; number++) {
		const name = number === 1 ? base : `${base}_${number}`
		if (!taken.includes(name)) return name
	}
}
