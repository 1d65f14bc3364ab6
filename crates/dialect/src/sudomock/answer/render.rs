//! A render that the caller waited for.

use marquetry_model::{Job, JobSpec};
use serde::Serialize;

use super::job::result_url;
use super::{Answer, Envelope, warnings};
use crate::Links;

/// 200: the picture; `None` unless the job is a render that succeeded.
///
/// There is exactly one file, the composed picture, named after the first smart object that was changed.
pub fn render(job: &Job, links: &Links) -> Option<Answer> {
    let (JobSpec::Render(spec), Some(result)) = (&job.spec, &job.result) else {
        return None;
    };
    let export_path = result.export.as_ref().and_then(|_| result_url(job, links))?;
    let render_uuid = job.id.to_string();
    let smart_object_uuid = spec
        .changes
        .first()
        .map(|change| change.slot.to_string())
        .unwrap_or_default();
    let data = RenderForm {
        print_files: [PrintFile {
            export_path,
            smart_object_uuid,
            render_uuid: render_uuid.clone(),
        }],
        render_uuid,
        text_layers: [],
    };
    Some(Answer::json(
        200,
        &Envelope {
            warnings: Some(warnings(&result.warnings)),
            ..Envelope::of(data)
        },
    ))
}

#[derive(Serialize)]
struct RenderForm {
    print_files: [PrintFile; 1],
    render_uuid: String,
    text_layers: [(); 0],
}

#[derive(Serialize)]
struct PrintFile {
    export_path: String,
    smart_object_uuid: String,
    render_uuid: String,
}
