// Archives for tests, made byte by byte: tars with headers of every kind, streams of gzip and zstd, zips by libarchive.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>
#include <zstd.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "convnext/archive/archive.h"
#include "test_util.h"

namespace convnext {

// `name`: at most 100 bytes. `size` as the header has it: octal digits, or anything else.
inline std::string TarHeader(const std::string& name, const std::string& size, char type = '0',
                             const std::string& link = "") {
  std::string header(512, '\0');
  const auto put = [&header](size_t at, std::string_view text) { header.replace(at, text.size(), text); };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, size);
  put(136, "00000000000");
  put(148, "        ");
  header[156] = type;
  put(157, link);
  put(257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return header;
}

inline std::string Octal(size_t size) { return fmt::format("{:011o}", size); }

// The bytes, and zeros up to a whole block.
inline std::string Padded(std::string bytes) {
  bytes.resize(RoundUp(bytes.size(), size_t{512}));
  return bytes;
}

// "LENGTH path=NAME\n", where the length counts itself.
inline std::string PaxRecord(const std::string& keyword, const std::string& value) {
  const std::string rest = " " + keyword + "=" + value + "\n";
  size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

enum class LongNames { kGnu, kPax };

// One member; a name of more than 100 bytes goes into a header before it.
inline std::string TarMember(const std::string& name, const std::string& bytes,
                             LongNames long_names = LongNames::kGnu) {
  std::string before;
  if (name.size() > 100 && long_names == LongNames::kGnu) {
    before = TarHeader("././@LongLink", Octal(name.size() + 1), 'L') + Padded(name + '\0');
  } else if (name.size() > 100) {
    const std::string record = PaxRecord("path", name);
    before = TarHeader("PaxHeaders/x", Octal(record.size()), 'x') + Padded(record);
  }
  return before + TarHeader(name.substr(0, 100), Octal(bytes.size())) + Padded(bytes);
}
// A name that pax gives, however short.
inline std::string PaxMember(const std::string& name, const std::string& bytes) {
  const std::string record = PaxRecord("path", name);
  return TarHeader("PaxHeaders/x", Octal(record.size()), 'x') + Padded(record) +
         TarHeader("short", Octal(bytes.size())) + Padded(bytes);
}
inline std::string TarEnd() { return std::string(1024, '\0'); }

using NamesAndBytes = std::vector<std::pair<std::string, std::string>>;
inline std::string Tar(const NamesAndBytes& members) {
  std::string tar;
  for (const auto& [name, bytes] : members) tar += TarMember(name, bytes);
  return tar + TarEnd();
}

inline std::string Gzip(const std::string& bytes) {
  z_stream stream{};
  ::deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (::deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
  packed.resize(packed.size() - stream.avail_out);
  ::deflateEnd(&stream);
  return packed;
}

inline std::string Zstd(const std::string& bytes) {
  std::string packed(::ZSTD_compressBound(bytes.size()), '\0');
  ZSTD_CCtx* const context = ::ZSTD_createCCtx();
  ::ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  packed.resize(::ZSTD_compress2(context, packed.data(), packed.size(), bytes.data(), bytes.size()));
  ::ZSTD_freeCCtx(context);
  return packed;
}

// `options` of libarchive's writer: "compression=store".
inline std::string Zip(const NamesAndBytes& members, const char* options = "compression=deflate") {
  std::string zip(size_t{1} << 20, '\0');
  size_t size = 0;
  ::archive* const writer = ::archive_write_new();
  ::archive_write_set_format_zip(writer);
  ::archive_write_set_options(writer, options);
  ::archive_write_set_bytes_in_last_block(writer, 1);
  ::archive_write_open_memory(writer, zip.data(), zip.size(), &size);
  for (const auto& [name, bytes] : members) {
    ::archive_entry* const entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, name.c_str());
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    ::archive_entry_set_filetype(entry, AE_IFREG);
    ::archive_entry_set_perm(entry, 0644);
    ::archive_write_header(writer, entry);
    ::archive_write_data(writer, bytes.data(), bytes.size());
    ::archive_entry_free(entry);
  }
  ::archive_write_close(writer);
  ::archive_write_free(writer);
  zip.resize(size);
  return zip;
}

// Bytes that do not compress, the same each time.
inline std::string Noise(size_t size, uint32_t seed) {
  std::string noise(size, '\0');
  for (char& c : noise) {
    seed = seed * 1664525 + 1013904223;
    c = static_cast<char>(seed >> 24);
  }
  return noise;
}

inline std::string TextOf(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What a reader gave until it gave nothing more.
struct ReadArchive {
  Status opened;
  std::vector<Sample> samples;
  std::optional<Status> damage;
  int64_t damage_offset = 0;
  std::vector<std::string> warnings;

  std::string_view damage_kind() const { return damage ? damage->kind() : opened.kind(); }
  std::vector<std::string> Keys() const {
    std::vector<std::string> keys;
    for (const auto& sample : samples) keys.push_back(sample.key);
    return keys;
  }
};

inline ReadArchive ReadSamples(const std::string& path, const SampleOptions& options = {}) {
  ReadArchive read;
  auto reader = SampleReader::Open(path, options);
  read.opened = reader.ok() ? Status() : reader.status();
  if (!reader.ok()) return read;
  while (auto sample = (*reader)->Next()) read.samples.push_back(std::move(*sample));
  EXPECT_FALSE((*reader)->Next().has_value());
  read.damage = (*reader)->damage();
  read.damage_offset = (*reader)->damage_offset();
  read.warnings = (*reader)->warnings();
  return read;
}

}  // namespace convnext
