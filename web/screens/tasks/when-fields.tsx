// When a schedule runs, while it is written, with its next times as the control plane reckons them.
import { useSignal } from "@preact/signals"
import { useEffect, useId, useMemo } from "preact/hooks"
import { Refusal } from "../../../protocol/errors.ts"
import { CRON_CHARS, type When } from "../../../protocol/schedule.ts"
import { api, sentence } from "../../api.ts"
import { LANGUAGE } from "../../messages/language.ts"
import { words } from "../../messages.ts"
import { EVERY_BOUNDS, PRESETS, UNITS, type Unit, type WhenDraft, whenOf } from "../../schedule-draft.ts"
import { now } from "../../state.ts"
import { Field } from "../../ui/field.tsx"

interface Props {
	draft: WhenDraft
	change: (draft: WhenDraft) => void
}

const KINDS = ["cron", "every", "at"] as const

export function WhenFields({ draft, change }: Props) {
	const name = useId()
	const when = whenOf(draft)
	return (
		<fieldset class="field">
			<legend>{words.schedules.when}</legend>
			<div class="form">
				<fieldset class="segments">
					<legend class="unseen">{words.schedules.when}</legend>
					{KINDS.map((kind) => (
						<label key={kind}>
							<input
								type="radio"
								class="unseen"
								name={name}
								checked={draft.is === kind}
								onChange={() => change({ ...draft, is: kind })}
							/>
							{words.schedules.kinds[kind]}
						</label>
					))}
				</fieldset>
				{draft.is === "cron" && <CronFields draft={draft} change={change} />}
				{draft.is === "every" && <EveryFields draft={draft} change={change} />}
				{draft.is === "at" && (
					<label class="field">
						{words.schedules.at}
						<input
							type="datetime-local"
							required
							value={draft.at}
							onInput={({ currentTarget: { value } }) => change({ ...draft, at: value })}
						/>
					</label>
				)}
				{when !== null && (
					<section class="next-times" aria-live="polite">
						<h3>{when.is === "cron" ? words.schedules.nextTimesIn(when.timeZone) : words.schedules.nextTimes}</h3>
						<NextTimes when={when} />
					</section>
				)}
			</div>
		</fieldset>
	)
}

const ZONES = Intl.supportedValuesOf("timeZone")

function CronFields({ draft, change }: Props) {
	const zones = useId()
	const preset = Object.entries(PRESETS).find(([, expression]) => expression === draft.expression)?.[0] ?? ""
	return (
		<>
			<div class="two-columns even">
				<Field
					label={words.schedules.expression}
					isCode
					required
					maxLength={CRON_CHARS}
					placeholder={words.schedules.expressionHint}
					value={draft.expression}
					change={(expression) => change({ ...draft, expression })}
				/>
				<label class="field">
					{words.schedules.often}
					<select
						value={preset}
						onChange={({ currentTarget: { value } }) => {
							if (value in PRESETS) change({ ...draft, expression: PRESETS[value as keyof typeof PRESETS] })
						}}
					>
						<option value="">…</option>
						{Object.keys(PRESETS).map((known) => (
							<option key={known} value={known}>
								{words.schedules.presets[known as keyof typeof PRESETS]}
							</option>
						))}
					</select>
				</label>
			</div>
			<label class="field">
				{words.schedules.timeZone}
				<input
					type="text"
					class="mono"
					required
					list={zones}
					autocomplete="off"
					spellcheck={false}
					value={draft.timeZone}
					onInput={({ currentTarget: { value } }) => change({ ...draft, timeZone: value })}
				/>
			</label>
			<datalist id={zones}>
				{[...new Set(["UTC", ...ZONES])].map((zone) => (
					<option key={zone} value={zone} />
				))}
			</datalist>
		</>
	)
}

function EveryFields({ draft, change }: Props) {
	const unit = UNITS[draft.unit]
	return (
		<div class="every">
			<Field
				type="number"
				label={words.schedules.every}
				required
				min={EVERY_BOUNDS.least / unit}
				max={EVERY_BOUNDS.most / unit}
				step="any"
				value={draft.every}
				change={(every) => change({ ...draft, every })}
			/>
			<select
				aria-label={words.schedules.every}
				value={draft.unit}
				onChange={({ currentTarget: { value } }) => change({ ...draft, unit: value as Unit })}
			>
				{(Object.keys(UNITS) as Unit[]).map((known) => (
					<option key={known} value={known}>
						{words.schedules.units[known]}
					</option>
				))}
			</select>
		</div>
	)
}

/** Typing pauses for so long before it is asked. */
const PAUSE_MS = 200

/** What was known stays until there is a newer answer. */
export function NextTimes({ when }: { when: When }) {
	const times = useSignal<readonly number[] | null>(null)
	const fault = useSignal("")
	const asked = JSON.stringify(when)
	useEffect(() => {
		let isGone = false
		const ask = async () => {
			try {
				const answer = await api("previewSchedule", { body: { when: JSON.parse(asked) as When } })
				if (isGone) return
				times.value = answer.times
				fault.value = ""
			} catch (error) {
				if (isGone) return
				// A network that is gone says nothing about the times.
				if (!(error instanceof Refusal)) return
				times.value = null
				fault.value = sentence(error)
			}
		}
		const pause = setTimeout(() => void ask(), times.peek() === null && fault.peek() === "" ? 0 : PAUSE_MS)
		return () => {
			isGone = true
			clearTimeout(pause)
		}
	}, [asked])
	const zone = when.is === "cron" ? when.timeZone : undefined
	const format = useMemo(() => formatIn(zone), [zone])
	if (fault.value !== "") return <p class="problem">{fault.value}</p>
	if (times.value === null) return <span class="bone">{words.loading}</span>
	if (times.value.length === 0) return <p class="dim">{words.schedules.noTimes}</p>
	return (
		<ol class="times tabular">
			{times.value.map((at) => (
				<li key={at}>
					<time dateTime={new Date(at).toISOString()}>{format(at)}</time>
					<span class="dim">{words.inTime(at - now.value)}</span>
				</li>
			))}
		</ol>
	)
}

/** By the clock of the zone, which the browser may not know yet while it is typed. */
function formatIn(timeZone: string | undefined): (at: number) => string {
	const style = { dateStyle: "full", timeStyle: "short", hourCycle: "h23" } as const
	try {
		const format = new Intl.DateTimeFormat(LANGUAGE, { ...style, timeZone })
		return (at) => format.format(at)
	} catch {
		const format = new Intl.DateTimeFormat(LANGUAGE, style)
		return (at) => format.format(at)
	}
}
