// A directory on a machine, completed by that machine while one types; recent ones first.
import { useSignal } from "@preact/signals"
import { useId } from "preact/hooks"
import type { MachineId } from "../../protocol/ids.ts"
import { api, load } from "../api.ts"
import { words } from "../messages.ts"
import { recentDirectories } from "../starting.ts"
import { Icon } from "./icon.tsx"

interface Props {
	machine: MachineId
	label: string
	value: string
	change: (value: string) => void
}

const SHOWN = 8

export function DirectoryField({ machine, label, value, change }: Props) {
	const folders = useSignal<string[]>([])
	const isOpen = useSignal(false)
	const at = useSignal(-1)
	const list = useId()
	const recent = recentDirectories(machine).filter((path) => path.startsWith(value))
	const options = [...new Set([...recent, ...folders.value])].filter((path) => path !== value).slice(0, SHOWN)

	const ask = async (path: string) => {
		isOpen.value = true
		at.value = -1
		const answer = await load(api("listFolders", { params: { machine }, query: { path } }))
		// An older answer must not replace a newer one; without an answer there is nothing to offer.
		if (input(list)?.value === path) folders.value = answer.is === "loaded" ? answer.value.folders : []
	}
	const pick = (path: string | undefined) => {
		if (path === undefined) return
		const folder = path.endsWith("/") ? path : `${path}/`
		change(folder)
		void ask(folder)
	}
	return (
		<div class="field combo">
			<label for={`${list}-input`}>{label}</label>
			<input
				id={`${list}-input`}
				type="text"
				class="mono"
				role="combobox"
				aria-expanded={isOpen.value && options.length > 0}
				aria-controls={list}
				aria-activedescendant={at.value >= 0 ? `${list}-${at.value}` : undefined}
				autocomplete="off"
				autocapitalize="off"
				spellcheck={false}
				placeholder={words.start.directoryHint}
				value={value}
				onFocus={() => void ask(value)}
				onBlur={() => {
					isOpen.value = false
				}}
				onInput={(event) => {
					change(event.currentTarget.value)
					void ask(event.currentTarget.value)
				}}
				onKeyDown={(event) => {
					if (!isOpen.value || options.length === 0) return
					if (event.key === "ArrowDown" || event.key === "ArrowUp") {
						event.preventDefault()
						const by = event.key === "ArrowDown" ? 1 : -1
						at.value = (at.value + by + options.length) % options.length
					} else if (event.key === "Enter" && at.value >= 0) {
						event.preventDefault()
						pick(options[at.value])
					} else if (event.key === "Tab" && !event.shiftKey && (at.value >= 0 || options.length === 1)) {
						event.preventDefault()
						pick(options[Math.max(0, at.value)])
					} else if (event.key === "Escape") {
						event.preventDefault()
						event.stopPropagation()
						isOpen.value = false
					}
				}}
			/>
			{isOpen.value && options.length > 0 && (
				<div id={list} role="listbox" aria-label={label} class="options">
					{options.map((path, i) => (
						<div
							key={path}
							role="option"
							tabIndex={-1}
							class="option"
							id={`${list}-${i}`}
							aria-selected={i === at.value}
							onPointerDown={(event) => {
								// The field keeps its focus.
								event.preventDefault()
								pick(path)
							}}
						>
							<Icon name={recent.includes(path) ? "history" : "folder"} />
							<span class="mono grow">{path}</span>
							{recent.includes(path) && <small class="dim">{words.start.recent}</small>}
						</div>
					))}
				</div>
			)}
		</div>
	)
}

function input(list: string): HTMLInputElement | null {
	const element = document.getElementById(`${list}-input`)
	return element instanceof HTMLInputElement ? element : null
}
