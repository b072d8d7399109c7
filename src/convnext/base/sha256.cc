#include "convnext/base/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace convnext {
namespace {

constexpr size_t kPieceBytes = size_t{4} << 20;

std::string Hexadecimal(std::span<const unsigned char> digest) {
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

std::string Sha256(std::span<const std::byte> bytes) { return Sha256(bytes, {}); }

std::string Sha256(std::span<const std::byte> bytes, const std::function<void(std::span<const std::byte>)>& done) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (context == nullptr || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) return {};
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(kPieceBytes, bytes.size()));
    if (EVP_DigestUpdate(context.get(), piece.data(), piece.size()) != 1) return {};
    if (done) done(piece);
    bytes = bytes.subspan(piece.size());
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(context.get(), digest, &length) != 1) return {};
  return Hexadecimal(std::span(digest).first(length));
}

bool IsSha256Hex(std::string_view text) {
  return text.size() == kSha256Digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace convnext
