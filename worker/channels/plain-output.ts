// Raw output as plain text: what steers a terminal left out, and lines that were written over as they were at last.

/** Programs that draw whole screens make no text; their screen does. */
export function plainOutput(output: string): string {
	return output
		.replace(/\u001b\][^\u0007\u001b]{0,4096}(?:\u0007|\u001b\\)/g, "")
		.replace(/\u001b[PX^_][^\u001b]{0,65536}\u001b\\/g, "")
		.replace(/\u001b\[[0-?]{0,64}[ -/]{0,8}[@-~]/g, "")
		.replace(/\u001b[ -/]{0,4}[0-~]/g, "")
		.replace(/\r+\n/g, "\n")
		.split("\n")
		.map((line) => line.slice(line.lastIndexOf("\r") + 1))
		.join("\n")
		.trimEnd()
}
