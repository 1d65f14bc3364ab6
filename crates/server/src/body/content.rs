//! What an answer carries: bytes in hand, or a stream whose length is known.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::stream::BoxStream;
use http_body::{Body, Frame, SizeHint};

use crate::connection::Sending;

/// The bytes of an answer.
pub(crate) enum Content {
    /// In hand.
    Whole(Bytes),
    /// From storage, as fast as the client reads.
    Stream {
        /// How many bytes are to come.
        left: u64,
        /// They.
        bytes: BoxStream<'static, io::Result<Bytes>>,
    },
    /// As they come, for as long as there is something to tell.
    Live(BoxStream<'static, io::Result<Bytes>>),
}

impl Content {
    /// How many bytes there are, where that is known.
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::Whole(bytes) => Some(length(bytes)),
            Self::Stream { left, .. } => Some(*left),
            Self::Live(_) => None,
        }
    }
}

/// A body on its way out. Tells the connection each time the client made room for more.
pub(crate) struct Outgoing {
    content: Content,
    sending: Sending,
}

impl Outgoing {
    pub(crate) fn new(content: Content, sending: Sending) -> Self {
        Self { content, sending }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.sending.moved();
        let given = self.content.poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &given {
            self.sending.gives(frame.data_ref().map_or(0, length));
        }
        given
    }

    fn is_end_stream(&self) -> bool {
        self.content.len() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.content
            .len()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Content {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Live(bytes) => bytes.as_mut().poll_next(cx).map_ok(Frame::data),
            Self::Stream { left: 0, .. } => Poll::Ready(None),
            Self::Stream { left, bytes } => match std::task::ready!(bytes.as_mut().poll_next(cx)) {
                Some(Ok(chunk)) => match left.checked_sub(length(&chunk)) {
                    Some(rest) => {
                        *left = rest;
                        Poll::Ready(Some(Ok(Frame::data(chunk))))
                    }
                    // More than the length that the head already told.
                    None => Poll::Ready(Some(Err(io::Error::other("a file is longer than it was")))),
                },
                Some(Err(error)) => {
                    tracing::warn!(%error, "a file broke off while it was sent");
                    Poll::Ready(Some(Err(error)))
                }
                None => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
            },
        }
    }
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
