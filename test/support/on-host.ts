// What a session that runs on the host itself tells of itself beside what each test is about.
import type { Execution } from "../../connector/holder/wire.ts"

export const ON_HOST: Execution["about"] = {
	network: { is: "full" },
	image: null,
	vm: null,
	loadout: null,
	tags: [],
	comesBack: false,
	run: 1,
	beganAt: null,
}
