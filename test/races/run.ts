// `npm run races -- [--histories N] [--seed S] [--core FILE] [--json]`: random histories of the inbox against what must hold.
import { Inbox } from "../../durable-objects/inbox/inbox.ts"
import { runHistories } from "../support/histories.ts"
import { History } from "./history.ts"

await runHistories(History, "Inbox", Inbox)
