// The way from the inbox to the places where people are told: what it says, and when.
import type { InboxItem } from "../../protocol/attention.ts"
import type { Delivery } from "../outside.ts"

export interface Deliveries {
	/**
	 * Tells these people, or everybody who may be told, of a request as it is now; `changed` goes to every place that shows
	 * it already, whoever's that is, and to no other. Synchronous and durable: what is to be sent is kept when this
	 * returns, and goes out after it.
	 */
	tell(item: InboxItem, because: Delivery["because"], people: readonly string[] | null): void
}
