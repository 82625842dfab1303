// Adding a machine: one line to paste, and the moment it calls.
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { isLocal } from "../../protocol/local-address.ts"
import { api, load } from "../api.ts"
import { words } from "../messages.ts"
import { LOADING, type Loaded, machines, now } from "../state.ts"
import { CopyField } from "../ui/copy-field.tsx"
import { Refused, Skeleton } from "../ui/faces.tsx"
import { Icon } from "../ui/icon.tsx"
import { closeDialog, Modal } from "../ui/modal.tsx"
import { PresenceMark, standingOf } from "../ui/presence.tsx"

interface Code {
	code: string
	expiresAt: number
}

export function Enroll() {
	const code = useSignal<Loaded<Code>>(LOADING)
	/** The machines that there were when the code was made; null while that is not known. */
	const before = useSignal<string[] | null>(null)
	before.value ??= listed()
	const make = async () => {
		code.value = LOADING
		code.value = await load(api("createEnrollment"))
	}
	useEffect(() => void make(), [])
	const machine =
		machines.value.is === "loaded" ? machines.value.value.find(({ id }) => !before.value?.includes(id)) : undefined
	const isLinked = machine !== undefined && standingOf(machine.id).is === "linked"
	return (
		<Modal title={words.enroll.title} size="wide" onSubmit={closeDialog}>
			<div class="modal-body">
				<CodeFace code={code.value} renew={() => void make()} />
				<p class="waiting" role="status">
					{machine === undefined ? (
						<>
							<span class="pulse" aria-hidden="true" />
							{words.enroll.waiting}
						</>
					) : (
						<>
							{isLinked ? <Icon name="circle-check" /> : <span class="pulse" aria-hidden="true" />}
							<strong>{isLinked ? words.enroll.connected(machine.name) : words.enroll.enrolled(machine.name)}</strong>
							<PresenceMark machine={machine.id} />
						</>
					)}
				</p>
			</div>
			<footer class="modal-foot">
				<button type="submit" class={machine === undefined ? "" : "primary"}>
					{machine === undefined ? words.close : words.enroll.done}
				</button>
			</footer>
		</Modal>
	)
}

function CodeFace({ code, renew }: { code: Loaded<Code>; renew: () => void }) {
	if (code.is === "loading") return <Skeleton rows={2} />
	if (code.is === "refused") return <Refused refusal={code.refusal} retry={renew} />
	const left = code.value.expiresAt - now.value
	return (
		<>
			<p>{words.enroll.explain}</p>
			<CopyField text={`curl -fsSL ${location.origin}/install | sh -s -- ${code.value.code}`} />
			{isLocal(location.origin) && <p class="note">{words.enroll.onlyHere(location.origin)}</p>}
			<p class="dim">{words.enroll.manual}</p>
			<CopyField text={`npx homeport connect ${location.origin} --code ${code.value.code}`} />
			<p class="dim">
				{left > 0 ? words.enroll.expires(left) : words.enroll.expired}{" "}
				{left <= 0 && (
					<button type="button" onClick={renew}>
						{words.enroll.newCode}
					</button>
				)}
			</p>
		</>
	)
}

function listed(): string[] | null {
	return machines.value.is === "loaded" ? machines.value.value.map(({ id }) => id) : null
}
