// What a screen asks the API for: asked again when the registry has changed, and when the network is back.
import { type ReadonlySignal, useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { Limited, load } from "./api.ts"
import { changes, LOADING, type Loaded, reachable } from "./state.ts"

export interface Asked<T> {
	answer: Loaded<T>
	again: () => void
}

interface Rhythm<T> {
	/** Also asked again so long after the last time, while somebody looks; null for not. */
	everyMs?: number | ((answer: T) => number | null)
	/** Asked again only by `again`: to answer it costs the machine something. */
	isOnDemand?: boolean
	/** Counts what may change the answer; the registry's changes where it is not said. */
	on?: ReadonlySignal<number>
}

export function useAsked<T>(
	ask: () => Promise<T>,
	{ everyMs, isOnDemand = false, on = changes }: Rhythm<T> = {},
): Asked<T> {
	const answer = useSignal<Loaded<T>>(LOADING)
	/** How often it was asked: an older answer must not stand in a newer one's place. */
	const asked = useRef(0)
	/** Which of these has been answered last. */
	const answered = useRef(0)
	const again = async () => {
		const number = ++asked.current
		const told = await load(ask())
		if (number !== asked.current) return
		answered.current = number
		if (told.is === "loading") return
		if (told.is === "refused" && told.refusal instanceof Limited) {
			setTimeout(() => {
				if (number === asked.current) void again()
			}, told.refusal.until - Date.now())
			if (answer.peek().is === "loaded") return
		}
		answer.value = told
	}
	useEffect(() => void again(), [isOnDemand ? 0 : on.value, reachable.value])
	const told = answer.value
	const periodMs = typeof everyMs !== "function" ? everyMs : told.is === "loaded" ? everyMs(told.value) : undefined
	useEffect(() => {
		if (periodMs === undefined || periodMs === null) return
		const timer = setInterval(() => {
			if (!document.hidden && answered.current === asked.current) void again()
		}, periodMs)
		return () => clearInterval(timer)
	}, [periodMs])
	useEffect(
		() => () => {
			asked.current++
		},
		[],
	)
	return { answer: told, again: () => void again() }
}
