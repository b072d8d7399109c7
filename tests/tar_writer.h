// A writer of ustar archives for tests.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace convnext {

using TarMembers = std::vector<std::pair<std::string, std::string>>;  // names and contents

// A header and the contents, filled up to whole blocks. The name has at most 100 bytes.
inline std::string TarMember(const std::string& name, const std::string& contents, char type = '0') {
  std::string header(512, '\0');
  const auto put = [&header](size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", contents.size()));
  put(136, "00000000000");
  put(148, "        ");
  header[156] = type;
  put(257, std::string("ustar\0"
                       "00",
                       8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return header + contents + std::string((512 - contents.size() % 512) % 512, '\0');
}

// The same for a name of any length, by a record of a pax header.
inline std::string PaxMember(const std::string& name, const std::string& contents) {
  const std::string record = " path=" + name + "\n";
  size_t length = record.size() + 1;
  while (std::to_string(length).size() + record.size() > length) ++length;
  return TarMember("pax", std::to_string(length) + record, 'x') + TarMember(name.substr(0, 100), contents);
}

inline std::string TarOf(const TarMembers& members) {
  std::string tar;
  for (const auto& [name, contents] : members) tar += TarMember(name, contents);
  return tar + std::string(1024, '\0');
}

}  // namespace convnext
