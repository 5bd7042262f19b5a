// Reader of query files as dnsperf has them: a name and a type on each line.
//
//   www.example.com A
//   ; a comment
//
// Empty lines and those that begin with ; or # are skipped. Names without a final dot are absolute.
#pragma once

#include <string>
#include <string_view>

#include "dns/result.h"
#include "perf/pktgen/question_set.h"

namespace bowline::perf::pktgen {

// Adds the questions of the text to `out`; `name` stands for the file in errors. Error:
// "name:line: what is wrong", or that there is no question in it.
dns::Result<void> read_query_text(std::string_view text, const std::string& name, QuestionSet& out);
dns::Result<void> read_query_file(const std::string& path, QuestionSet& out);

}  // namespace bowline::perf::pktgen
