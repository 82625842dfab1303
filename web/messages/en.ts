// Every word that the console says, in English: a section a group of screens. Other languages have the shape of this table.
import { attention } from "./en/attention.ts"
import { general } from "./en/general.ts"
import { machines } from "./en/machines.ts"
import { notifications } from "./en/notifications.ts"
import { refusals } from "./en/refusals.ts"
import { sessions } from "./en/sessions.ts"
import { signIn } from "./en/sign-in.ts"
import { substrates } from "./en/substrates.ts"
import { team } from "./en/team.ts"

export const en = {
	...general,
	...signIn,
	...team,
	...machines,
	...substrates,
	...sessions,
	...refusals,
	...attention,
	...notifications,
}

/** What a table of words must have, whatever its language. */
export type Words = Spoken<typeof en>

/** The same keys and arguments, and any text. */
export type Spoken<T> = T extends string
	? string
	: T extends (...args: infer Args) => infer Said
		? (...args: Args) => Spoken<Said>
		: { readonly [Key in keyof T]: Spoken<T[Key]> }
