// A button for what a role allows. Where mine does not, it can still be reached, and says whose does.
import type { ButtonHTMLAttributes } from "preact"
import type { Action } from "../../protocol/roles.ts"
import { forbidden } from "../permission.ts"

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "type"> & { may: Action; type?: "button" | "submit" }

export function Act({ may: action, type = "button", ...button }: Props) {
	const why = forbidden(action)
	if (why === undefined) return <button type={type} {...button} />
	return <button {...button} type="button" disabled={false} aria-disabled="true" title={why} onClick={undefined} />
}
