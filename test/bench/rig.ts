// What is measured: a way from a program in a PTY to a viewer. Ours, and the bare relays that it stands beside.

export interface Rig {
	name: "homeport" | "object relay" | "plain relay"
	/** The process in the middle, whose memory is looked at. */
	relayPid: number
	/** Starts a program in a PTY of 80 by 24. */
	run(argv: string[]): Promise<Run>
	stop(): Promise<void>
}

export interface Run {
	/** Attaches a viewer in this process. */
	view(output: Output): Promise<View>
	/** Attaches so many viewers in a process of their own, each of which takes its bytes as fast as they come. */
	crowd(count: number, options?: { parses: boolean }): Promise<{ leave(): Promise<void> }>
	end(): Promise<void>
}

/** What a viewer does with output. */
export interface Output {
	/** Takes bytes as they arrive; calls back once it has parsed them. */
	write(bytes: Uint8Array, parsed: () => void): void
	/** Begins anew, for what comes as a snapshot. */
	reset(): void
}

export interface View {
	type(text: string): void
	/** Stops reading from the network, and goes on. */
	stall(): void
	resume(): void
	/** Loses the connection, and comes back as soon as it can; resolves when it can type again. */
	drop(): Promise<void>
	close(): void
}
