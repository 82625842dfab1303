// A TCP proxy that cuts: it carries exactly so many bytes in one direction, and then both ends are gone.
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

export type Direction = "up" | "down"

export interface CutProxy {
	url: string
	/** Bytes carried so far: up is toward the target. */
	readonly carried: Record<Direction, number>
	/** Cuts every connection once `after` more bytes have gone in `direction`; resolves then. */
	cut(direction: Direction, after: number): Promise<void>
	/** Forgets a cut that has not happened. */
	spare(): void
	stop(): Promise<void>
}

/** `port` is for a proxy that comes back where an earlier one was; else it is any free one. */
export async function startProxy(target: { host: string; port: number }, port = 0): Promise<CutProxy> {
	const carried = { up: 0, down: 0 }
	const pairs = new Set<[Socket, Socket]>()
	let plan: { direction: Direction; left: number; done: () => void } | null = null

	const end = () => {
		for (const [near, far] of pairs) {
			near.destroy()
			far.destroy()
		}
		pairs.clear()
	}

	const carry = (direction: Direction, from: Socket, to: Socket) => {
		from.on("data", (chunk) => {
			carried[direction] += chunk.length
			if (plan?.direction !== direction || chunk.length < plan.left) {
				if (plan?.direction === direction) plan.left -= chunk.length
				if (!to.write(chunk)) {
					from.pause()
					to.once("drain", () => from.resume())
				}
				return
			}
			const { left, done } = plan
			plan = null
			// The last bytes reach the other side before the end does.
			to.write(chunk.subarray(0, left), () => {
				end()
				done()
			})
		})
	}

	const server = createServer((near) => {
		const far = connect(target)
		const pair: [Socket, Socket] = [near, far]
		pairs.add(pair)
		for (const socket of pair) {
			socket.setNoDelay(true)
			// The close that follows an error is what counts here.
			socket.on("error", () => {})
			socket.on("close", () => {
				near.destroy()
				far.destroy()
				pairs.delete(pair)
			})
		}
		carry("up", near, far)
		carry("down", far, near)
	})
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
	const listening = server.address() as AddressInfo

	return {
		url: `http://127.0.0.1:${listening.port}`,
		carried,
		cut(direction, after) {
			return new Promise((done) => {
				if (after > 0) {
					plan = { direction, left: after, done }
					return
				}
				end()
				done()
			})
		},
		spare() {
			plan?.done()
			plan = null
		},
		async stop() {
			end()
			await new Promise<void>((resolve) => server.close(() => resolve()))
		},
	}
}
