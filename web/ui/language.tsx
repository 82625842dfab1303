// The language of the console: chosen among the settings, and on the pages before one is in.
import { useId } from "preact/hooks"
import { chooseLanguage, chosenLanguage, LANGUAGE, LANGUAGES, type Language, SPOKEN } from "../messages/language.ts"
import { words } from "../messages.ts"

export function LanguageField() {
	const id = useId()
	return (
		<div class="field">
			<label for={id} class="unseen">
				{words.language}
			</label>
			<select
				id={id}
				aria-describedby={`${id}-hint`}
				value={chosenLanguage ?? ""}
				onChange={({ currentTarget: { value } }) =>
					chooseLanguage(LANGUAGES.find((language) => language === value) ?? null)
				}
			>
				<option value="">{words.browserLanguage}</option>
				{LANGUAGES.map((language) => (
					<option key={language} value={language} lang={SPOKEN[language].tag}>
						{SPOKEN[language].name}
					</option>
				))}
			</select>
			<small id={`${id}-hint`} class="dim">
				{words.languageHint}
			</small>
		</div>
	)
}

/** The other languages, each by its own name. */
export function OtherLanguages() {
	const others = LANGUAGES.filter((language): language is Language => language !== LANGUAGE)
	return (
		<p class="languages">
			{others.map((language) => (
				<button
					key={language}
					type="button"
					class="link"
					lang={SPOKEN[language].tag}
					onClick={() => chooseLanguage(language)}
				>
					{SPOKEN[language].name}
				</button>
			))}
		</p>
	)
}
