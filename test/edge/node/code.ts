// The code that a browser brings back from another provider: what the provider will say when it is asked with it.

export const ISSUER = "https://issuer.example"
export const OIDC_CLIENT = "oidc-client"

/** What the provider will say when it is asked with this code. */
export interface Code {
	subject: string
	/** How the ID token is not what it should be. */
	lie?: "signature" | "issuer" | "audience" | "nonce" | "no nonce" | "expired"
	/** From the address that the browser was sent to. */
	challenge: string
	nonce: string
	redirectUri: string
}

/** The query with which the provider sends the browser back from `url`, where the person is `subject`. */
export function broughtBack(url: string, subject: string, lie?: Code["lie"]): URLSearchParams {
	const { searchParams } = new URL(url)
	const said = (name: string) => searchParams.get(name) ?? ""
	const code: Code = {
		subject,
		...(lie !== undefined && { lie }),
		challenge: said("code_challenge"),
		nonce: said("nonce"),
		redirectUri: said("redirect_uri"),
	}
	return new URLSearchParams({ code: btoa(JSON.stringify(code)), state: said("state") })
}
