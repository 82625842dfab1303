// Sandboxes: programs of this machine that see the system, one folder and a private home, and nothing else of it.
// By bubblewrap on Linux, by Seatbelt on macOS.
import { bubblewrapped } from "./bubblewrapped.ts"
import type { Substrate } from "../substrate.ts"

export const sandbox: Substrate = bubblewrapped
