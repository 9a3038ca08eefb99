// SPDX-License-Identifier: Apache-2.0
#include "cli/progress/progress_view.h"

#include <unistd.h>

namespace ingot::cli {

std::unique_ptr<ProgressView> view_for(OutputForm output) {
    if (output == OutputForm::Json) {
        return make_json_view();
    }
    return output == OutputForm::Automatic && ::isatty(STDOUT_FILENO) == 1 ? make_tree_view()
                                                                           : make_line_view();
}

}  // namespace ingot::cli
