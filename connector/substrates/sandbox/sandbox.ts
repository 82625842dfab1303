// Sandboxes: programs of this machine that see the system, one folder and a private home, and nothing else of it.
// By bubblewrap on Linux, by Seatbelt on macOS.
import type { Substrate } from "../substrate.ts"
import { bubblewrapped } from "./bubblewrapped.ts"
import { seatbelted } from "./seatbelted.ts"

export const sandbox: Substrate = process.platform === "darwin" ? seatbelted : bubblewrapped
