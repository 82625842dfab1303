// What one program's screens look like: data, with a version that changes with it.

export interface RuleSet {
	/** The runtime's name; "generic" for what many programs have in common. */
	id: string
	/** Told with each request, so that one can be traced to what has found it. */
	version: number
	dialogs: Dialog[]
	/** Where a digit chooses, told by the foot of menus whose questions are the model's own. */
	menus: MenuRule[]
	/** What an empty field for the next task shows, inside of its box and after its marker. */
	placeholders: RegExp[]
	/** Rows that say that it works. */
	working: RegExp[]
	/** Rows that may stand below a dialog that waits. */
	below: RegExp[]
	/** As the profile tells them, for those who try them on the screen's text by themselves: each with ^ and $ at the ends of rows. */
	waits: string[]
}

interface MenuRule {
	/** Stands in the rule's name. */
	id: string
	foot: RegExp
	/** Nothing but its colour tells which option is marked. */
	isMarkedByColour?: true
}

/** A dialog that a runtime shows. */
export interface Dialog {
	/** Stands in the rule's name. */
	id: string
	/** Tried on the question, without the box and the wraps. */
	asks: RegExp
	kind: "approval" | "choice" | "question"
	/** A digit chooses the option of its number at once. */
	takesNumbers: boolean
	/** Where what leave is asked for stands: the first that is there. */
	subjects: SubjectRule[]
	/** Escape refuses at once. */
	escapes?: true
}

export type SubjectRule =
	/** In the question itself: the first group. */
	| { in: "question"; is: "command" | "file" | "other"; pattern: RegExp }
	/** In a row of its own, between the question and the options or before both: the first group. */
	| { in: "row"; is: "command" | "file" | "other"; pattern: RegExp }
	/** All rows between a title and the question. */
	| {
			in: "block"
			is: "command" | "file" | "other"
			title: RegExp
			/** What the agent says of it stands below it, in the colour of the dialog's foot. */
			isExplained?: true
	  }
