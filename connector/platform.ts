// This computer, as the control plane is told of it.
import { readFileSync } from "node:fs"
import { arch, hostname, platform, release, type } from "node:os"
import type { Platform } from "../protocol/session.ts"
import { VERSION } from "./version.ts"

export function thisPlatform(): Platform {
	return {
		os: platform(),
		arch: arch(),
		release: releaseName().slice(0, 128),
		hostname: hostname(),
		connector: VERSION,
	}
}

/** The distribution's own name for itself where there is one. */
function releaseName(): string {
	try {
		const pretty = /^PRETTY_NAME="?([^"\n]+)"?/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1]
		if (pretty !== undefined) return pretty
	} catch {
		// Not every system has the file; the kernel's name does then.
	}
	return `${type()} ${release()}`
}
