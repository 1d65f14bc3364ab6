//! Claims jobs and walks them through the rooms.
