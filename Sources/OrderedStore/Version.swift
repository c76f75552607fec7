/// The version of lvkv: what the command says of itself, and what databases note as their maker.
package let lvkvVersion = "0.1.0"
