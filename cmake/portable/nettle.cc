// In place of nettle, which libarchive calls for encrypted members of a zip and which is under the LGPL: the portable
// program carries nothing that whoever gives it away must be able to link anew. Encrypted members are skipped
// everywhere, so that nothing calls these.
#include <cstddef>
#include <cstdint>

extern "C" {

void nettle_aes128_set_encrypt_key(void*, const uint8_t*) {}
void nettle_aes192_set_encrypt_key(void*, const uint8_t*) {}
void nettle_aes256_set_encrypt_key(void*, const uint8_t*) {}
void nettle_aes128_encrypt(const void*, size_t, uint8_t*, const uint8_t*) {}
void nettle_aes192_encrypt(const void*, size_t, uint8_t*, const uint8_t*) {}
void nettle_aes256_encrypt(const void*, size_t, uint8_t*, const uint8_t*) {}
void nettle_hmac_sha1_set_key(void*, size_t, const uint8_t*) {}
void nettle_hmac_sha1_update(void*, size_t, const uint8_t*) {}
void nettle_hmac_sha1_digest(void*, size_t, uint8_t*) {}
void nettle_pbkdf2_hmac_sha1(size_t, const uint8_t*, unsigned, size_t, const uint8_t*, size_t, uint8_t*) {}
}
