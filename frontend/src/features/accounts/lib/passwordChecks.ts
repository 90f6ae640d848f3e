import { password, type FieldRules, type PasswordRule } from '@/api/validation'

type PasswordCheckName = 'length' | 'upper' | 'lower' | 'digit'

export interface PasswordCheck {
  name: PasswordCheckName
  isMet: (text: string) => boolean
}

const NO_DEMANDS: PasswordRule = { min: 0, max: Infinity, upper: false, lower: false, digit: false }

/** The contract's password rule among the generated rules of a field. Throws when it has none. */
export function passwordRuleOf(rules: FieldRules): PasswordRule {
  const { password: rule } = rules
  if (!rule) throw new Error('This field has no password rule')
  return rule.$params as unknown as PasswordRule
}

/**
 * The parts of the rule, to be ticked off one by one. Each is the rule itself with every other
 * demand taken away, so that the list can't disagree with the check of the form.
 */
export function passwordChecks(rule: PasswordRule): PasswordCheck[] {
  const parts: Record<PasswordCheckName, Partial<PasswordRule> | null> = {
    length: { min: rule.min, max: rule.max },
    upper: rule.upper ? { upper: true } : null,
    lower: rule.lower ? { lower: true } : null,
    digit: rule.digit ? { digit: true } : null,
  }
  return Object.entries(parts)
    .filter(([, demands]) => demands !== null)
    .map(([name, demands]) => {
      const { $validator } = password({ ...NO_DEMANDS, ...demands })
      return {
        name: name as PasswordCheckName,
        isMet: $validator as PasswordCheck['isMet'],
      }
    })
}
