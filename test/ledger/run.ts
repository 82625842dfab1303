// `npm run ledger -- [--histories N] [--seed S] [--core FILE] [--json]`: random histories of tasks against what must hold.
import { Ledger } from "../../durable-objects/ledger/ledger.ts"
import { runHistories } from "../support/histories.ts"
import { History } from "./history.ts"

await runHistories(History, "Ledger", Ledger)
