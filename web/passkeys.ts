// Passkeys: the browser makes them and signs with them, the control plane says for what. Loads when somebody needs one.
import {
	type PublicKeyCredentialCreationOptionsJSON,
	type PublicKeyCredentialRequestOptionsJSON,
	startAuthentication,
	startRegistration,
} from "@simplewebauthn/browser"
import { api, Problem } from "./api.ts"
import { words } from "./messages.ts"

export async function signInByPasskey(): Promise<void> {
	const { options } = await api("offerPasskey")
	const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON
	const response = await inWords(startAuthentication({ optionsJSON }))
	await api("signInByPasskey", { body: { response: { ...response } } })
}

export async function makePasskey(name: string): Promise<void> {
	const { options } = await api("offerNewPasskey")
	const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON
	const response = await inWords(startRegistration({ optionsJSON }))
	await api("addPasskey", { body: { name, response: { ...response } } })
}

/** The browser tells apart few things that go wrong, so that pages learn nothing about a person's passkeys. */
async function inWords<T>(asked: Promise<T>): Promise<T> {
	try {
		return await asked
	} catch (error) {
		const name = error instanceof Error ? error.name : ""
		if (name === "InvalidStateError") throw new Problem(words.passkey.alreadyHere)
		if (name === "SecurityError") throw new Problem(words.passkey.notAtThisAddress)
		throw new Problem(words.passkey.none)
	}
}
