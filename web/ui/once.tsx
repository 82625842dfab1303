// Something that is shown this once, in place of the form that made it. Closes by its button only.
import type { ComponentChildren } from "preact"
import { words } from "../messages.ts"
import { closeDialog, Modal } from "./modal.tsx"

export function Once({ title, text, children }: { title: string; text: string; children: ComponentChildren }) {
	return (
		<Modal title={title} isFirm onSubmit={closeDialog}>
			<div class="modal-body">
				<p>{text}</p>
				{children}
			</div>
			<footer class="modal-foot">
				<button type="submit" class="primary">
					{words.copiedIt}
				</button>
			</footer>
		</Modal>
	)
}
