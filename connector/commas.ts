// A list as a person types it in one word: with commas between.
export function commas(text: string): string[] {
	return text
		.split(",")
		.map((word) => word.trim())
		.filter((word) => word !== "")
}
