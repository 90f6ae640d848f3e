// Made from contract/openapi.json by scripts/generate-rules.mjs. Do not edit.

import {
  each,
  email,
  filled,
  maximum,
  maxItems,
  maxLength,
  minimum,
  minLength,
  notBlank,
  oneOf,
  password,
  pattern,
  required,
  type SchemaRules,
} from '../validation'

export const credentialsRules = {
  username: {
    required: filled(),
    maxLength: maxLength(200),
  },
  password: {
    required: filled(),
    maxLength: maxLength(1000),
  },
  scope: {
    maxLength: maxLength(1000),
  },
  client_id: {
    maxLength: maxLength(1000),
  },
  client_secret: {
    maxLength: maxLength(1000),
  },
} satisfies SchemaRules

export const emailVerificationRules = {
  token: {
    required: filled(),
    maxLength: maxLength(200),
  },
} satisfies SchemaRules

export const fileUpdateRules = {
  description: {
    maxLength: maxLength(1000, ['strip']),
  },
  item_id: {
    minimum: minimum(1),
    maximum: maximum(9223372036854776000),
  },
} satisfies SchemaRules

export const firstSuperuserRules = {
  token: {
    required: filled(),
    maxLength: maxLength(200),
  },
  username: {
    required: filled(['NFKC', 'strip']),
    minLength: minLength(3, ['NFKC', 'strip']),
    maxLength: maxLength(50, ['NFKC', 'strip']),
    pattern: pattern(/^[\p{L}\p{M}\p{N}_.\-]+$/u, ['NFKC', 'strip']),
  },
  email: {
    required: filled(['strip']),
    minLength: minLength(3, ['strip']),
    maxLength: maxLength(100, ['strip']),
    email: email(['strip']),
  },
  password: {
    required: filled(),
    password: password({ digit: true, lower: true, max: 100, min: 8, upper: true }),
  },
  full_name: {
    maxLength: maxLength(100, ['strip']),
  },
} satisfies SchemaRules

export const forgottenPasswordRules = {
  email: {
    required: filled(['strip']),
    minLength: minLength(3, ['strip']),
    maxLength: maxLength(100, ['strip']),
    email: email(['strip']),
  },
} satisfies SchemaRules

export const itemCreateRules = {
  title: {
    required: filled(['strip']),
    maxLength: maxLength(200, ['strip']),
  },
  description: {
    maxLength: maxLength(5000),
  },
  status: {
    oneOf: oneOf(['draft', 'published', 'archived']),
  },
  tags: {
    maxItems: maxItems(10),
    each: each([notBlank(['strip']), maxLength(50, ['strip'])]),
  },
} satisfies SchemaRules

export const itemUpdateRules = {
  title: {
    required: notBlank(['strip']),
    maxLength: maxLength(200, ['strip']),
  },
  description: {
    maxLength: maxLength(5000),
  },
  status: {
    oneOf: oneOf(['draft', 'published', 'archived']),
  },
  tags: {
    maxItems: maxItems(10),
    each: each([notBlank(['strip']), maxLength(50, ['strip'])]),
  },
} satisfies SchemaRules

export const memberAddRules = {
  user_id: {
    required: required(),
    minimum: minimum(1),
    maximum: maximum(9223372036854776000),
  },
} satisfies SchemaRules

export const mfaAnswerRules = {
  mfa_token: {
    required: filled(),
    maxLength: maxLength(200),
  },
  method: {
    required: required(),
    oneOf: oneOf(['totp', 'recovery', 'passkey']),
  },
  code: {
    maxLength: maxLength(100),
  },
} satisfies SchemaRules

export const mfaTokenRules = {
  mfa_token: {
    required: filled(),
    maxLength: maxLength(200),
  },
} satisfies SchemaRules

export const newPasskeyRules = {
  token: {
    required: filled(),
    maxLength: maxLength(200),
  },
  name: {
    required: filled(['strip']),
    maxLength: maxLength(100, ['strip']),
  },
  credential: {
    required: required(),
  },
} satisfies SchemaRules

export const passkeyLoginRules = {
  token: {
    required: filled(),
    maxLength: maxLength(200),
  },
  assertion: {
    required: required(),
  },
} satisfies SchemaRules

export const passkeyUpdateRules = {
  name: {
    required: filled(['strip']),
    maxLength: maxLength(100, ['strip']),
  },
} satisfies SchemaRules

export const passwordChangeRules = {
  current_password: {
    required: filled(),
    maxLength: maxLength(1000),
  },
  new_password: {
    required: filled(),
    password: password({ digit: true, lower: true, max: 100, min: 8, upper: true }),
  },
} satisfies SchemaRules

export const passwordResetRules = {
  token: {
    required: filled(),
    maxLength: maxLength(200),
  },
  new_password: {
    required: filled(),
    password: password({ digit: true, lower: true, max: 100, min: 8, upper: true }),
  },
} satisfies SchemaRules

export const profileUpdateRules = {
  full_name: {
    maxLength: maxLength(100, ['strip']),
  },
  bio: {
    maxLength: maxLength(1000),
  },
  profile_image: {
    maxLength: maxLength(255),
  },
} satisfies SchemaRules

export const proofRules = {
  method: {
    required: required(),
    oneOf: oneOf(['password', 'totp', 'recovery', 'passkey']),
  },
  password: {
    maxLength: maxLength(1000),
  },
  code: {
    maxLength: maxLength(100),
  },
  token: {
    maxLength: maxLength(200),
  },
} satisfies SchemaRules

export const readUpToRules = {
  up_to: {
    minimum: minimum(1),
    maximum: maximum(9223372036854776000),
  },
} satisfies SchemaRules

export const refreshRequestRules = {
  refresh_token: {
    required: filled(),
    maxLength: maxLength(500),
  },
} satisfies SchemaRules

export const registerRules = {
  username: {
    required: filled(['NFKC', 'strip']),
    minLength: minLength(3, ['NFKC', 'strip']),
    maxLength: maxLength(50, ['NFKC', 'strip']),
    pattern: pattern(/^[\p{L}\p{M}\p{N}_.\-]+$/u, ['NFKC', 'strip']),
  },
  email: {
    required: filled(['strip']),
    minLength: minLength(3, ['strip']),
    maxLength: maxLength(100, ['strip']),
    email: email(['strip']),
  },
  password: {
    required: filled(),
    password: password({ digit: true, lower: true, max: 100, min: 8, upper: true }),
  },
  full_name: {
    maxLength: maxLength(100, ['strip']),
  },
  bio: {
    maxLength: maxLength(1000),
  },
} satisfies SchemaRules

export const roomCreateRules = {
  name: {
    required: filled(),
    pattern: pattern(/^[a-z0-9][a-z0-9_-]{0,63}$/u),
  },
  topic: {
    maxLength: maxLength(200, ['strip']),
  },
  member_ids: {
    maxItems: maxItems(100),
    each: each([minimum(1), maximum(9223372036854776000)]),
  },
} satisfies SchemaRules

export const roomUpdateRules = {
  topic: {
    maxLength: maxLength(200, ['strip']),
  },
} satisfies SchemaRules

export const totpCodeRules = {
  code: {
    required: filled(),
    maxLength: maxLength(100),
  },
} satisfies SchemaRules

export const userCreateRules = {
  username: {
    required: filled(['NFKC', 'strip']),
    minLength: minLength(3, ['NFKC', 'strip']),
    maxLength: maxLength(50, ['NFKC', 'strip']),
    pattern: pattern(/^[\p{L}\p{M}\p{N}_.\-]+$/u, ['NFKC', 'strip']),
  },
  email: {
    required: filled(['strip']),
    minLength: minLength(3, ['strip']),
    maxLength: maxLength(100, ['strip']),
    email: email(['strip']),
  },
  password: {
    required: filled(),
    password: password({ digit: true, lower: true, max: 100, min: 8, upper: true }),
  },
  full_name: {
    maxLength: maxLength(100, ['strip']),
  },
  bio: {
    maxLength: maxLength(1000),
  },
  role: {
    oneOf: oneOf(['member', 'editor', 'admin']),
  },
} satisfies SchemaRules

export const userUpdateRules = {
  full_name: {
    maxLength: maxLength(100, ['strip']),
  },
  bio: {
    maxLength: maxLength(1000),
  },
  email: {
    required: notBlank(['strip']),
    minLength: minLength(3, ['strip']),
    maxLength: maxLength(100, ['strip']),
    email: email(['strip']),
  },
  role: {
    oneOf: oneOf(['member', 'editor', 'admin']),
  },
} satisfies SchemaRules
