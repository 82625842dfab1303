// The character widths of the console's terminal, for the machine's: the two must agree on every character.
import { Buffer } from "node:buffer"

// The package decodes its table as if a Buffer began where its memory does. In a pooled one it would read its header
// from somebody else's bytes: wrong widths, and gigabytes asked for. So it is loaded while there is no pool.
const { poolSize } = Buffer
Buffer.poolSize = 0
const loaded: Package & { default?: Package } = await import("@xterm/addon-unicode-graphemes")
Buffer.poolSize = poolSize

type Package = typeof import("@xterm/addon-unicode-graphemes")

// A CommonJS package, of which a bundle in several files has the default alone.
export const { UnicodeGraphemesAddon } = loaded.default ?? loaded
