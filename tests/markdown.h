// The parts of the documents that tests look at: blocks of commands, headings and links.
#pragma once

#include <cctype>
#include <cstdint>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace convnext {

// A fenced block: ```LANGUAGE, its lines, ```.
struct MarkdownBlock {
  std::string language;
  std::vector<std::string> lines;
  bool closed = false;
};

// A document in two parts: its blocks, and the lines around them.
struct Markdown {
  std::vector<MarkdownBlock> blocks;
  std::vector<std::string> prose;
};

inline Markdown ParseMarkdown(const std::string& text) {
  Markdown document;
  bool in_block = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool fence = line.starts_with("```");
    if (fence && !in_block) document.blocks.push_back({line.substr(3), {}});
    if (fence && in_block) document.blocks.back().closed = true;
    if (fence)
      in_block = !in_block;
    else
      (in_block ? document.blocks.back().lines : document.prose).push_back(line);
  }
  return document;
}

// The commands of an sh block: one in each line, or in several that end with a backslash.
inline std::vector<std::string> CommandsOf(const MarkdownBlock& block) {
  std::vector<std::string> commands;
  bool continued = false;
  for (std::string line : block.lines) {
    if (!continued && (line.empty() || line.starts_with('#'))) continue;
    if (!continued) commands.emplace_back();
    continued = line.ends_with('\\');
    if (continued) line.pop_back();
    commands.back() += line;
  }
  return commands;
}

struct ConsoleCommand {
  std::string command, output;
};

// The commands of a console block, after "$ ", and what they print.
inline std::vector<ConsoleCommand> ConsoleCommandsOf(const MarkdownBlock& block) {
  std::vector<ConsoleCommand> commands;
  for (const std::string& line : block.lines) {
    if (line.starts_with("$ "))
      commands.push_back({line.substr(2), ""});
    else if (!commands.empty())
      commands.back().output += line + "\n";
  }
  return commands;
}

// A block without its comments and empty lines: the same in every language.
inline std::string WithoutComments(const MarkdownBlock& block) {
  static const std::regex comment("(^|\\s+)#(\\s.*)?$"), trailing_space("\\s+$");
  std::string text = "```" + block.language + "\n";
  for (const std::string& line : block.lines) {
    const std::string rest = std::regex_replace(std::regex_replace(line, comment, ""), trailing_space, "");
    if (!rest.empty()) text += rest + "\n";
  }
  return text;
}

// Where the links of a document lead; not those in `code`.
inline std::vector<std::string> LinksOf(const Markdown& document) {
  static const std::regex code("`[^`]*`"), link("\\]\\(([^)\\s]+)\\)");
  std::vector<std::string> links;
  for (const std::string& line : document.prose) {
    const std::string text = std::regex_replace(line, code, "code");
    for (std::sregex_iterator match(text.begin(), text.end(), link), end; match != end; ++match)
      links.push_back((*match)[1]);
  }
  return links;
}

// The code point of UTF-8 text at `at`, which is moved behind it. The text is well-formed.
inline uint32_t NextCodePoint(std::string_view text, size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  const int more = first < 0xC0 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  uint32_t point = more == 0 ? first : first & (0x3FU >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    point = point << 6 | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return point;
}

// General punctuation, and that of Chinese: "——", "，", "（".
inline bool IsWidePunctuation(uint32_t point) {
  return (point >= 0x2010 && point < 0x2070) || (point >= 0x3000 && point < 0x3040 && point != 0x3005) ||
         (point >= 0xFF00 && point < 0xFF10) || (point >= 0xFF1A && point < 0xFF21) ||
         (point >= 0xFF3B && point < 0xFF41) || (point >= 0xFF5B && point < 0xFF66) || point == 0xB7;
}

// The anchor that GitHub and GitCode give a heading: lower case, spaces as hyphens, no punctuation.
inline std::string AnchorOf(const std::string& heading) {
  static const std::regex link("\\[([^\\]]*)\\]\\([^)]*\\)");
  const std::string text = std::regex_replace(heading, link, "$1");
  std::string anchor;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const uint32_t point = NextCodePoint(text, at);
    const auto narrow = static_cast<unsigned char>(text[begin]);
    if (point >= 0x80 && !IsWidePunctuation(point))
      anchor += text.substr(begin, at - begin);
    else if (point == ' ')
      anchor += '-';
    else if (point < 0x80 && (std::isalnum(narrow) != 0 || point == '-' || point == '_'))
      anchor += static_cast<char>(std::tolower(narrow));
  }
  return anchor;
}

// The anchors of a document. The second heading of a name has "-1" behind it, the third "-2".
inline std::vector<std::string> AnchorsOf(const Markdown& document) {
  static const std::regex heading("#{1,6} +(.*)");
  std::vector<std::string> anchors;
  std::map<std::string, int> times;
  std::smatch match;
  for (const std::string& line : document.prose) {
    if (!std::regex_match(line, match, heading)) continue;
    const std::string anchor = AnchorOf(match[1]);
    const int before = times[anchor]++;
    anchors.push_back(before == 0 ? anchor : anchor + "-" + std::to_string(before));
  }
  return anchors;
}

}  // namespace convnext
