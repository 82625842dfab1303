// The substrates by name. Each is loaded when it is first needed: most machines use one or two of them.
import type { Contained } from "./contained.ts"
import type { Substrate } from "./substrate.ts"

export function loadSubstrate(name: Contained["substrate"]): Promise<Substrate> {
	switch (name) {
		case "sandbox":
			return import("./sandbox/sandbox.ts").then(({ sandbox }) => sandbox)
		case "container":
			return import("./container/container.ts").then(({ container }) => container)
		case "vm":
			return import("./vm/vm.ts").then(({ vm }) => vm)
	}
}
