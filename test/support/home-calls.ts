// A home that cannot be reached, for machines whose tests ask none.
import { HomeCalls } from "../../connector/home-calls.ts"

/** Port 9 discards what it is sent, where anything listens there at all. */
export const nobody = () => new HomeCalls("http://127.0.0.1:9", async () => "")
