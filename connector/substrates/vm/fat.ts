// A small FAT file system with files in its root folder: every system can read it, and no tool is needed to make it.

const SECTOR = 512
/** A FAT12 file system has fewer than 4,085 clusters; of one sector each, that is 2 MB. */
const CLUSTERS = 4_000
const FAT_SECTORS = 12
const ROOT_ENTRIES = 128
const ENTRY = 32
const ROOT_SECTORS = (ROOT_ENTRIES * ENTRY) / SECTOR
const DATA = 1 + FAT_SECTORS + ROOT_SECTORS
const END = 0xfff
/** Characters of a long name in one entry. */
const LONG = 13

/** An image with this label, up to 11 capital letters. Names are ASCII. Throws where it is all too large. */
export function makeFat(label: string, files: Record<string, Uint8Array | string>): Buffer {
	const image = Buffer.alloc((DATA + CLUSTERS) * SECTOR)
	writeBoot(image, label)
	const table = new Array<number>(CLUSTERS + 2).fill(0)
	table[0] = 0xff8
	table[1] = END
	const entries = [entry(label.padEnd(11), 0x08, 0, 0)]
	let next = 2
	Object.entries(files).forEach(([name, content], index) => {
		const bytes = Buffer.from(content)
		const first = bytes.length === 0 ? 0 : next
		const count = Math.ceil(bytes.length / SECTOR)
		if (next + count > CLUSTERS + 2) throw new Error("invariant: the files fit the file system")
		for (let i = 0; i < count; i++) table[next + i] = i === count - 1 ? END : next + i + 1
		bytes.copy(image, (DATA + next - 2) * SECTOR)
		next += count
		// Every file goes by its long name; the short one only has to be there, and to be its own.
		const short = `FILE${index}`.padEnd(11)
		entries.push(...longEntries(name, short), entry(short, 0x20, first, bytes.length))
	})
	if (entries.length > ROOT_ENTRIES) throw new Error("invariant: the names fit the root folder")
	Buffer.concat(entries).copy(image, (1 + FAT_SECTORS) * SECTOR)
	// Twelve bits each: two of them share three bytes.
	for (let i = 0; i < table.length; i += 2) {
		const pair = (table[i] ?? 0) | ((table[i + 1] ?? 0) << 12)
		image.writeUIntLE(pair, SECTOR + (i / 2) * 3, 3)
	}
	return image
}

function writeBoot(image: Buffer, label: string): void {
	image.set([0xeb, 0x3c, 0x90], 0)
	image.write("HOMEPORT", 3, "latin1")
	image.writeUInt16LE(SECTOR, 11)
	image.writeUInt8(1, 13)
	image.writeUInt16LE(1, 14)
	image.writeUInt8(1, 16)
	image.writeUInt16LE(ROOT_ENTRIES, 17)
	image.writeUInt16LE(DATA + CLUSTERS, 19)
	image.writeUInt8(0xf8, 21)
	image.writeUInt16LE(FAT_SECTORS, 22)
	image.writeUInt16LE(32, 24)
	image.writeUInt16LE(64, 26)
	image.writeUInt8(0x80, 36)
	image.writeUInt8(0x29, 38)
	image.writeUInt32LE(0x686f6d65, 39)
	image.write(label.padEnd(11), 43, "latin1")
	image.write("FAT12   ", 54, "latin1")
	image.set([0x55, 0xaa], 510)
}

function entry(short: string, attributes: number, cluster: number, size: number): Buffer {
	const bytes = Buffer.alloc(ENTRY)
	bytes.write(short, 0, "latin1")
	bytes.writeUInt8(attributes, 11)
	// The first of January 1980, the earliest day that it knows: the same files make the same image.
	for (const at of [16, 18, 24]) bytes.writeUInt16LE(0x21, at)
	bytes.writeUInt16LE(cluster, 26)
	bytes.writeUInt32LE(size, 28)
	return bytes
}

/** The parts of a long name, the last one first, as they stand before the file's own entry. */
function longEntries(name: string, short: string): Buffer[] {
	let sum = 0
	for (const byte of Buffer.from(short, "latin1")) sum = (((sum & 1) << 7) + (sum >> 1) + byte) & 255
	const parts = Math.ceil(name.length / LONG)
	return Array.from({ length: parts }, (_, i) => {
		const part = parts - 1 - i
		const bytes = Buffer.alloc(ENTRY)
		bytes.writeUInt8((part + 1) | (i === 0 ? 0x40 : 0), 0)
		bytes.writeUInt8(0x0f, 11)
		bytes.writeUInt8(sum, 13)
		PLACES.forEach((place, at) => {
			const index = part * LONG + at
			const code = index < name.length ? name.charCodeAt(index) : index === name.length ? 0 : 0xffff
			bytes.writeUInt16LE(code, place)
		})
		return bytes
	})
}

/** Where the characters of a long name stand in its entry. */
const PLACES = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]
