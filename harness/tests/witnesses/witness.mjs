// Answers questions about credentials with libraries that nobody here wrote: one JSON request per line on the
// standard input, one JSON answer per line on the standard output.
import crypto from 'node:crypto'
import readline from 'node:readline'
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc'
import * as vc from '@digitalbazaar/vc'
import {DataIntegrityProof} from '@digitalbazaar/data-integrity'
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey'
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey'
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020'
import {Ed25519VerificationKey2020} from '@digitalbazaar/ed25519-verification-key-2020'
import {cryptosuite as eddsaRdfc2022} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import {cryptosuite as ecdsaRdfc2019} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite'
import * as eddsaJcs2022 from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import * as ecdsaJcs2019 from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite'
import {createVerifiableCredentialJwt, verifyCredential as verifyJwt} from 'did-jwt-vc'

const both = (suite) => ({sign: suite, verify: suite})
const apart = (suite) => ({sign: suite.createSignCryptosuite(), verify: suite.createVerifyCryptosuite()})
const cryptosuites = {
  'eddsa-rdfc-2022': both(eddsaRdfc2022),
  'ecdsa-rdfc-2019': both(ecdsaRdfc2019),
  'eddsa-jcs-2022': apart(eddsaJcs2022),
  'ecdsa-jcs-2019': apart(ecdsaJcs2019),
}

// Gives the documents that came with the request, by their URL, and no others.
const loading = (documents) => async (url) => {
  if (!(url in documents)) throw new Error(`no document for ${url}`)
  return {contextUrl: null, documentUrl: url, document: structuredClone(documents[url])}
}

async function keyFor(suite) {
  if (suite === 'Ed25519Signature2020') return Ed25519VerificationKey2020.generate()
  if (suite.startsWith('eddsa')) return Ed25519Multikey.generate()
  return EcdsaMultikey.generate({curve: 'P-256'})
}

const questions = {
  async 'issue-proof'({suite: name, credential, documents}) {
    const key = await keyFor(name)
    const multikey = key.publicKeyMultibase
    key.controller = `did:key:${multikey}`
    key.id = `${key.controller}#${multikey}`
    const suite = name === 'Ed25519Signature2020'
      ? new Ed25519Signature2020({key})
      : new DataIntegrityProof({signer: key.signer(), cryptosuite: cryptosuites[name].sign})
    return vc.issue({
      credential: {...credential, issuer: key.controller}, suite, documentLoader: loading(documents),
    })
  },

  async 'verify-proof'({credential, documents}) {
    const proofs = [credential.proof].flat()
    const suite = proofs.map(({type, cryptosuite}) => type === 'Ed25519Signature2020'
      ? new Ed25519Signature2020()
      : new DataIntegrityProof({cryptosuite: cryptosuites[cryptosuite].verify}))
    // The proof is what is asked about; no status list is published here.
    const checkStatus = async () => ({verified: true})
    const result = await vc.verifyCredential({credential, suite, checkStatus, documentLoader: loading(documents)})
    const errors = [result.error, ...(result.error?.errors ?? [])].filter(Boolean).map(String)
    return {verified: result.verified, proofs: result.results?.length ?? 0, errors}
  },

  async 'issue-jwt'({credential, key, did, kid}) {
    const signer = async (data) => crypto.sign('sha256', Buffer.from(data), {
      key: crypto.createPrivateKey({key, format: 'jwk'}), dsaEncoding: 'ieee-p1363',
    }).toString('base64url')
    return createVerifiableCredentialJwt(credential, {did, signer, alg: 'ES256'}, {header: {kid}})
  },

  async 'verify-jwt'({jwt, documents}) {
    const resolve = async (did) => ({
      didDocument: documents[did.split('#')[0]] ?? null, didResolutionMetadata: {}, didDocumentMetadata: {},
    })
    try {
      const {verified, verifiableCredential} = await verifyJwt(jwt, {resolve})
      return {verified, credential: verifiableCredential}
    } catch (error) {
      return {verified: false, errors: [String(error)]}
    }
  },

  async 'issue-sd-jwt'({payload, disclosed, key, header}) {
    const privateKey = crypto.createPrivateKey({key, format: 'jwk'})
    const instance = sdJwt({
      signer: async (data) => crypto.sign('sha256', Buffer.from(data), {key: privateKey, dsaEncoding: 'ieee-p1363'})
        .toString('base64url'),
    })
    return instance.issue(payload, disclosed, {header})
  },

  async 'verify-sd-jwt'({credential, key}) {
    const publicKey = crypto.createPublicKey({key, format: 'jwk'})
    const instance = sdJwt({
      verifier: async (data, signature) => crypto.verify(
        'sha256', Buffer.from(data), {key: publicKey, dsaEncoding: 'ieee-p1363'}, Buffer.from(signature, 'base64url')),
    })
    try {
      const {payload} = await instance.verify(credential)
      return {verified: true, payload}
    } catch (error) {
      return {verified: false, errors: [String(error)]}
    }
  },
}

function sdJwt(options) {
  return new SDJwtVcInstance({
    signAlg: 'ES256',
    hashAlg: 'sha-256',
    hasher: (data, name) => crypto.createHash(name.replace('-', '')).update(
      typeof data === 'string' ? data : Buffer.from(data)).digest(),
    saltGenerator: (length) => crypto.randomBytes(length).toString('base64url'),
    ...options,
  })
}

for await (const line of readline.createInterface({input: process.stdin})) {
  const {question, ...rest} = JSON.parse(line)
  let answer
  try {
    answer = {answer: await questions[question](rest)}
  } catch (error) {
    answer = {error: String(error.stack ?? error)}
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
