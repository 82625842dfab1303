// The sheet of keyboard shortcuts.
import { words } from "../messages.ts"
import { Modal } from "../ui/modal.tsx"

const EVERYWHERE: [keys: string[], what: string][] = [
	[["Ctrl", "K"], words.shortcuts.palette],
	[["n"], words.shortcuts.start],
	[["/"], words.shortcuts.filter],
	[["j"], words.shortcuts.move],
	[["g", "i"], words.inbox.shortcuts.go],
	[["g", "f"], words.shortcuts.fleet],
	[["g", "t"], words.shortcuts.tokens],
	[["g", "s"], words.shortcuts.settings],
	[["?"], words.shortcuts.help],
]
const ON_REQUEST: [keys: string[], what: string][] = [
	[["1 – 9"], words.inbox.shortcuts.answer],
	[["r"], words.inbox.shortcuts.reply],
	[["Enter"], words.inbox.shortcuts.open],
	[["t"], words.inbox.shortcuts.terminal],
	[["x"], words.inbox.shortcuts.dismiss],
]
const IN_TERMINAL: [keys: string[], what: string][] = [
	[["Ctrl", "Shift", "K"], words.shortcuts.palette],
	[["⌘", "K"], words.shortcuts.palette],
	[["Ctrl", "Shift", "C"], words.shortcuts.copy],
]

export function Shortcuts() {
	return (
		<Modal title={words.shortcuts.title}>
			<div class="modal-body">
				<h3>{words.shortcuts.everywhere}</h3>
				<List shortcuts={EVERYWHERE} />
				<h3>{words.inbox.shortcuts.onRequest}</h3>
				<List shortcuts={ON_REQUEST} />
				<h3>{words.shortcuts.inTerminal}</h3>
				<p class="dim">{words.shortcuts.terminalRule}</p>
				<List shortcuts={IN_TERMINAL} />
			</div>
		</Modal>
	)
}

function List({ shortcuts }: { shortcuts: [keys: string[], what: string][] }) {
	return (
		<dl class="shortcuts">
			{shortcuts.map(([keys, what]) => (
				<div key={keys.join(" ")}>
					<dt>{what}</dt>
					<dd>
						{keys.map((key) => (
							<kbd key={key}>{key}</kbd>
						))}
					</dd>
				</div>
			))}
		</dl>
	)
}
