// One process at a time in a place of a folder: two link processes would take the holders' connections from each other without end.
import { randomUUID } from "node:crypto"
import { linkSync, rmSync, statSync } from "node:fs"
import { createConnection, createServer, type Socket } from "node:net"
import { privately } from "./private-file.ts"
import { socketPath } from "./socket-path.ts"

export function onlyLink(folder: string, waits: () => void, signal: AbortSignal): Promise<{ leave(): void }> {
	return onlyOne(folder, "link", waits, signal)
}

/**
 * Holds a place of the folder, by its name, until `leave` or the end of this process; waits while another process has it,
 * after calling `waits` once.
 */
export async function onlyOne(
	folder: string,
	name: string,
	waits: () => void,
	signal: AbortSignal,
): Promise<{ leave(): void }> {
	const path = socketPath(folder, `${name}.sock`)
	const own = socketPath(folder, `${name}-${randomUUID().slice(0, 8)}.sock`)
	const place = await listen(own)
	let isTold = false
	try {
		while (!signal.aborted) {
			const before = inode(path)
			if (before === null && claim(own, path)) return { leave: () => place.leave(path) }
			const isAlive = await untilGone(path, signal, () => {
				if (!isTold) waits()
				isTold = true
			})
			// What nobody answers at belonged to a process that was killed; unless another has cleared that away already.
			if (!isAlive && inode(path) === before) rmSync(path, { force: true })
		}
	} finally {
		rmSync(own, { force: true })
	}
	place.leave(path)
	return { leave: () => {} }
}

/** Gives the socket its known name; false where that is taken. The system lets one of many do so. */
function claim(own: string, path: string): boolean {
	try {
		linkSync(own, path)
		return true
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "EEXIST") return false
		throw error
	}
}

/** Waits until whoever listens has ended; `heard` is called at once. False where nobody listens. */
function untilGone(path: string, signal: AbortSignal, heard: () => void): Promise<boolean> {
	return new Promise((resolve) => {
		let isAlive = false
		const socket = createConnection(path, () => {
			isAlive = true
			heard()
		})
		const stop = () => void socket.destroy()
		signal.addEventListener("abort", stop)
		// Nobody listens there, or whoever did has died: the close that follows says it.
		socket.on("error", () => {})
		// What is never read is never seen to end.
		socket.resume()
		socket.on("close", () => {
			signal.removeEventListener("abort", stop)
			resolve(isAlive)
		})
	})
}

/** Whoever connects sees the end of this process by the end of its connection. */
function listen(own: string): Promise<{ leave(path: string): void }> {
	const waiting = new Set<Socket>()
	const server = createServer((socket) => {
		waiting.add(socket)
		// Whoever waits for the end of this process may end first.
		socket.on("error", () => {})
		socket.on("close", () => waiting.delete(socket))
		socket.unref()
	})
	server.unref()
	return new Promise((resolve, reject) => {
		server.once("error", reject)
		const listening = () => {
			const mine = inode(own)
			resolve({
				leave(path) {
					if (inode(path) === mine) rmSync(path, { force: true })
					server.close()
					for (const socket of waiting) socket.destroy()
				},
			})
		}
		privately(() => server.listen(own, listening))
	})
}

function inode(path: string): number | null {
	return statSync(path, { throwIfNoEntry: false })?.ino ?? null
}
