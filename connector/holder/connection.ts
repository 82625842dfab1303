// The link process's side of one holder's socket: sends packets, hands out what comes, matches answers to questions.
import { createConnection, type Socket } from "node:net"
import { Refusal, refusalCode } from "../../protocol/errors.ts"
import { parseMessage } from "../../protocol/messages.ts"
import { packFrame, packMessage, Unpacker } from "./packets.ts"
import {
	FromHolder,
	HOLDER_ASKS,
	type HolderAnswered,
	type HolderAsk,
	type HolderAskedOf,
	type ToHolder,
} from "./wire.ts"

export interface HolderHandlers {
	/** Every message but the answers to `ask`. The first is `hello`. */
	onMessage(message: FromHolder): void
	/** One encoded frame, as the edge wants it: all kinds but ACK and INPUT. Its memory is not used again. */
	onFrame(frame: Uint8Array): void
	/** Once, whatever ended it: `close`, a newer connection of the same holder, or the holder's own end. */
	onClose(): void
}

export interface HolderConnection {
	send(message: ToHolder): void
	/** An encoded frame: ACK or INPUT. */
	sendFrame(frame: Uint8Array): void
	/** Asks and waits. Rejects with the holder's Refusal, or `machine_offline` when the connection closes first. */
	ask<A extends HolderAsk>(ask: A, of: HolderAskedOf<A>): Promise<HolderAnswered<A>>
	/** Ends this connection; the holder goes on. */
	close(): void
}

/**
 * Connects to a holder's socket. A holder that was just started is not listening yet: tries again until `patienceMs`
 * have passed. Rejects with the system's error where nobody listens.
 */
export async function connectHolder(
	socketPath: string,
	handlers: HolderHandlers,
	patienceMs = 0,
): Promise<HolderConnection> {
	const until = Date.now() + patienceMs
	for (;;) {
		try {
			return converse(await dial(socketPath), handlers)
		} catch (error) {
			if (Date.now() >= until) throw error
			await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
		}
	}
}

/** A holder takes some 100 ms to start; this wastes little of that. */
const RETRY_MS = 10

function dial(socketPath: string): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = createConnection(socketPath)
		socket.once("connect", () => {
			socket.off("error", reject)
			resolve(socket)
		})
		socket.once("error", reject)
	})
}

function converse(socket: Socket, handlers: HolderHandlers): HolderConnection {
	const asked = new Map<number, { ask: HolderAsk; resolve: (answer: never) => void; reject: (no: Error) => void }>()
	let numbered = 0

	const onMessage = (text: string): void => {
		const message = parseMessage(FromHolder, text)
		if (message.type !== "answer" && message.type !== "refuse") return handlers.onMessage(message)
		const question = asked.get(message.number)
		if (question === undefined) return
		asked.delete(message.number)
		if (message.type === "refuse") return question.reject(new Refusal(refusalCode(message.code), message.detail))
		const answer = HOLDER_ASKS[question.ask].answered.safeParse(message.answer)
		if (answer.success) question.resolve(answer.data as never)
		else question.reject(new Refusal("internal", "The holder's answer has the wrong shape."))
	}
	const unpacker = new Unpacker(onMessage, (frame) => handlers.onFrame(frame))

	socket.on("data", (chunk) => {
		try {
			unpacker.push(chunk)
		} catch (error) {
			if (!(error instanceof Refusal)) throw error
			// What a holder says wrongly cannot be mended here: the connection ends, and the link sees it closed.
			socket.destroy()
		}
	})
	// Whatever went wrong, the close event follows and says it.
	socket.on("error", () => {})
	socket.once("close", () => {
		for (const { reject } of asked.values()) reject(new Refusal("machine_offline", "The session's holder is gone."))
		asked.clear()
		handlers.onClose()
	})

	return {
		send: (message) => void socket.write(packMessage(message)),
		sendFrame: (frame) => void socket.write(packFrame(frame)),
		ask: (ask, of) =>
			new Promise((resolve, reject) => {
				if (socket.destroyed) return reject(new Refusal("machine_offline", "The session's holder is gone."))
				const number = numbered++
				asked.set(number, { ask, resolve, reject })
				socket.write(packMessage({ type: "ask", number, ask, of }))
			}),
		close: () => socket.destroy(),
	}
}
