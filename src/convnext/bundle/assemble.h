#pragma once

#include "convnext/bundle/evidence.h"
#include "convnext/bundle/run_log.h"

namespace convnext {

inline constexpr const char* kDefaultTrack = "Track 1: 模型适配";

struct ReportOptions {
  std::string repository_url;  // where the bundle will be published
  std::string source_url;      // where the program's source is
  std::string track = kDefaultTrack;
};

// kInvalid if an address is of no form that a record has.
Status CheckReportOptions(const ReportOptions& options);

// The report that would be made now, for the repository of the working directory, of a bundle that carries `programs`.
// Credentials in the URLs are taken out.
ReportRecord DescribeReport(const ReportOptions& options, const Files& programs);

// Every file of a bundle, from what the phases left: `files` holds logs/run.jsonl, raw/ and the programs that the
// report names, and perhaps a host's .gitattributes and LICENSE (others are not read). The report becomes the log's
// last line, in place of an earlier one. kInvalid if a phase is missing, or if a raw file or a program is not the one
// that is named.
Result<Files> AssembleBundle(const Files& files, const ReportRecord& report);

// The files whose text holds the run digest, and so cannot have theirs in the run log.
Files RenderReadmes(const Evidence& evidence, const Files& documents, const std::string& run_digest);

// Makes the bundle in `directory` anew after a further event was recorded there, with the report that it has, of now.
// Does nothing where no report was made yet. The caller has the directory's lock.
Status RenewReport(const std::string& directory);

// Writes a bundle, its manifest last: a bundle with a manifest is complete. Programs of an earlier one that this one
// does not have are removed.
Status WriteBundle(const std::string& directory, const Files& bundle);

}  // namespace convnext
